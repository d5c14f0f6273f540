# Sourced by the other scripts: where the checkout is, and how Ansible finds it.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
sandbox_dir="$(realpath -m "${MAILOPS_SANDBOX_DIR:-$root/.sandbox}")"
sandbox_port_base="${MAILOPS_SANDBOX_PORT_BASE:-20000}"
export MAILOPS_SANDBOX_DIR="$sandbox_dir" MAILOPS_SANDBOX_PORT_BASE="$sandbox_port_base"
# Ansible ignores an ansible.cfg in a folder that others may write to, and wants a UTF-8 locale.
export ANSIBLE_CONFIG="${ANSIBLE_CONFIG:-$root/ansible.cfg}"
export LC_ALL=C.UTF-8
export PATH="$root/.venv/bin:$PATH:/usr/sbin:/sbin"

die() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit "${2:-1}"
}

# Runs a command as root, with what the scripts and pip need of the environment; sudo asks at most once in a while.
as_root() {
  local kept=ANSIBLE_CONFIG,LC_ALL,CI,MAILOPS_SANDBOX_DIR,MAILOPS_SANDBOX_PORT_BASE
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --preserve-env="$kept,PIP_CERT,PIP_INDEX_URL,PIP_CONFIG_FILE,http_proxy,https_proxy,no_proxy" env PATH="$PATH" "$@"
  else
    die "needs root, and there is no sudo. Run this as root."
  fi
}

# The venv of tools in requirements/$1.txt, made when it misses or that file or one that it takes in changed; prints its folder.
# With $2 it is made with that Python.
tool_venv() {
  local python="${2:-$root/.venv/bin/python}" file="$root/requirements/$1.txt" venv
  venv="$root/.cache/venvs/$1-$({ "$python" --version; cat "$file" $(sed -n "s#^-r #$root/requirements/#p" "$file"); } | sha256sum | cut -c1-12)"
  mkdir -p "$root/.cache/venvs"
  (
    exec 7>"$venv.lock"
    flock 7
    if [[ -e "$venv/.complete" ]]; then exit; fi
    rm -rf "$venv"
    "$python" -m venv "$venv"
    if ! "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$file" >"$venv.log" 2>&1 </dev/null; then
      tail -n 20 "$venv.log" >&2
      die "pip could not install requirements/$1.txt (its last words are above). See that PyPI is reached, then run it again."
    fi
    touch "$venv/.complete"
  ) || return
  echo "$venv"
}
