#!/bin/sh
# Sets up oauth-doctor in .venv of this folder. Usage: sh install.sh [EXTRA[,EXTRA]], for example: sh install.sh all
# Extras (pyproject.toml): logs, cases, postgres, service, slack, helpdesk, mcp, all; test and dev for those who change it.
# PYTHON chooses the interpreter (default: python3). Without a C compiler everything works on the own rule evaluator.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
extra=${1:-}

say() { printf 'install.sh: %s\n' "$1" >&2; }

command -v "$python" >/dev/null 2>&1 || {
    say "no $python found; install Python 3.11 or later (Debian, Ubuntu: apt-get install python3 python3-venv)"
    exit 2
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "$("$python" --version) is too old; expected Python 3.11 or later (choose one with PYTHON=python3.12)"
    exit 2
}
[ -x .venv/bin/python ] || "$python" -m venv .venv >/dev/null || {
    rm -rf .venv
    say "cannot make a virtual environment (Debian, Ubuntu: apt-get install python3-venv)"
    exit 2
}

pip=".venv/bin/python -m pip --quiet --disable-pip-version-check"
target=".${extra:+[$extra]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if $pip install "$target" >"$log" 2>&1; then
    exit 0
fi
# The one dependency that has to be compiled is durable-rules. Anything else that fails is shown as it is.
if ! grep -qi 'durable' "$log"; then
    cat "$log" >&2
    exit 2
fi
say "durable-rules could not be compiled: a C compiler or the Python headers are missing."
say "To have it: apt-get install gcc python3-dev (Debian, Ubuntu), dnf install gcc python3-devel (Fedora), then run this again."
say "Continuing without it: the same rules run on the own evaluator."
.venv/bin/python - "$extra" >"$log" <<'PY'
import sys
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extras = project["optional-dependencies"]


def expanded(lines):
    for line in lines:
        if line.startswith("oauth-doctor["):  # an extra made of other extras
            for name in line[len("oauth-doctor[") :].partition("]")[0].split(","):
                yield from expanded(extras[name.strip()])
        elif not line.startswith("durable-rules"):
            yield line


asked = [name.strip() for name in sys.argv[1].split(",") if name.strip()]
wanted = [*project["dependencies"], *(line for name in asked for line in extras[name])]
print("\n".join(dict.fromkeys(expanded(wanted))))
PY
$pip install --requirement "$log"
$pip install --no-deps .
