"""What an assistant does: starts the MCP server, calls `diagnose`, reads the article. Usage: mcp_client.py TEXT"""

import asyncio
import os
import sys

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = [sys.executable, "-m", "oauth_doctor.cli.main", "mcp"]  # with the extra installed: oauth-doctor mcp


async def main(text: str) -> None:
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        print("tools:", ", ".join(tool.name for tool in (await client.list_tools()).tools))
        found = (await client.call_tool("diagnose", {"text": text})).structured_content
        print("verdict:", found["verdict"])
        for cause in found["causes"]:
            print(f"{cause['probability']:.0%} {cause['title']}")
        if found["causes"]:
            article = await client.read_resource(f"oauth-doctor://causes/{found['causes'][0]['id']}")
            print(len(article.contents[0].text), "characters of explanation")


asyncio.run(main(" ".join(sys.argv[1:]) or sys.stdin.read()))
