"""Texts that could make redaction slow: one unit, repeated. What linearity is measured on."""

_BASE64_KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
ADVERSARIAL = {
    "letters": "a",
    "heads": "code=",
    "heads in a query": "&state=a",
    "quoted heads": 'password="',
    "escaped quotes": '\\"',
    "backslashes": "\\",
    "dots of a token": "eyJa.",
    "one segment": "eyJhbGciOiJIUzI1NiJ9",
    "at signs": "a@",
    "domains": "a.",
    "percent": "%25",
    "equals": "token==",
    "schemes": "Bearer ",
    "cookies": "Cookie: a=b;",
    "slashes": "://a:",
    "key lines": "-----BEGIN PRIVATE KEY-----\n",
    "key body": _BASE64_KEY + "\n",
    "commas": "Authorization: Digest a=b,",
    "entities": "&quot;",
    "placeholders": "<state:1>",
    "secrets": "client_secret=Zx81JkQ0pLmN2vT7 ",
    "lines": "token Zx81JkQ0pLmN2vT7Zx81JkQ0pLmN2vT7Zx81JkQ0pLmN2vT7Zx81JkQ0pLmN2vT7\n",
    "elements": "<password>",
    "pairs": '"name":"code",',
    "cookie arrays": '"cookies":[{',
    "escaped lines": "a\\n",
    "escaped lines of pairs": "Cookie: a=b\\r\\nclient_secret: Zx81JkQ0pLmN2vT7\\n",
    "lines with escaped breaks": "token \\n\nkey\n",
    "open elements": "<ds:SignatureValue>" + _BASE64_KEY + " ",
    "cut keys": "-----BEGIN PRIVATE KEY-----\n" + _BASE64_KEY + "\nMIIE\n",
}

TABLES = {
    "commas": "client_secret,",
    "header rows": "time,client_secret\n",
    "rows": "2026-03-04,Zx81JkQ0pLmN2vT7\n",
    "quotes": '"client_secret","',
    "bars": "| client_secret ",
    "Markdown rows": "| client_secret | x |\n|---|---|\n",
    "tabs": "password\tx\n",
    "insert": "INSERT INTO a (password) VALUES (",
    "cells": "<td>password</td>",
}

DOCUMENTS = {
    "open arrays": ("", "[", ""),
    "arrays in each other": ("", "[", "]"),
    "strings with escapes": ("[", '"a\\nclient_secret=Zx81JkQ0pLmN2vT7",', '""]'),
    "one string": ('["', '\\n\\"a\\": ', '"]'),
    "bodies": ("[", '{"encoding":"base64","text":"Y2xpZW50X3NlY3JldD1aeDgxSmtRMHBMbU4ydlQ3"},', "0]"),
    "secrets": ("{", '"client_secret":"Zx81JkQ0pLmN2vT7",', '"a":1}'),
    "backslashes": ('["', "\\\\", '"]'),
    "pairs": ("[", '{"name":"Authorization","value":"Bearer Zx81JkQ0pLmN2vT7"},', "0]"),
}
