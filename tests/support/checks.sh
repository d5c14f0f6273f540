# Sourced by bin/test: checks of documentation and package, by ansible-test, of a change, and with other versions.

# --- Documentation and package --------------------------------------------------------------------------------------

# The site without a warning; the documentation of all plugins and roles; the changelog's fragments.
documentation() {
  local tools
  bin/docs
  tools="$(tool_venv docs)"
  "$tools/bin/antsibull-docs" lint-collection-docs --plugin-docs --skip-rstcheck .
  "$tools/bin/antsibull-changelog" lint
}

packaging() {
  local place="$work/package" archive
  rm -rf "$place"
  mkdir -p "$place"
  ansible-galaxy collection build --output-path "$place" "$root"
  archive="$(echo "$place"/mailops-migration-*.tar.gz)"
  if tar -tzf "$archive" | grep -E '^(\.sandbox|\.venv|\.cache|\.ansible/|\.ci)'; then
    echo "The files above don't belong into the package; see build_ignore in galaxy.yml."
    return 1
  fi
  # Away from the checkout and its ansible.cfg, as on any other machine.
  cd "$place"
  touch ansible.cfg
  export ANSIBLE_CONFIG="$place/ansible.cfg" ANSIBLE_COLLECTIONS_PATH="$place/installed"
  ansible-galaxy collection install --offline -p "$place/installed" "$archive"
  names "$root"/plugins/modules/*.py | xargs ansible-doc -t module >/dev/null
  ansible-doc -t inventory mailops.migration.ticket >/dev/null
  names "$root"/playbooks/*.yml | xargs ansible-playbook -i localhost, --syntax-check
}

# What these files are called with Ansible.
names() {
  basename --suffix=.py --multiple "$@" | sed 's/\.yml$//; s/^/mailops.migration./'
}

# The archive of "packaging" as Galaxy would take it in, and as part of an execution environment.
adoption() {
  local tools archive place="$work/adoption"
  tools="$(tool_venv packaging)"
  rm -rf "$place"
  mkdir -p "$place"
  archive="$(echo "$work"/package/mailops-migration-*.tar.gz)"
  cp "$archive" "$place/mailops-migration.tar.gz"
  cp docs/examples/execution-environment.yml "$place/"
  printf '[galaxy-importer]\nRUN_ANSIBLE_TEST = False\nRUN_FLAKE8 = False\nRUN_ANSIBLE_LINT = False\n' >"$place/importer.cfg"
  cd "$place"
  cp "$archive" .
  env -u ANSIBLE_CONFIG PATH="$tools/bin:$PATH" GALAXY_IMPORTER_CONFIG="$place/importer.cfg" \
    "$tools/bin/python" -m galaxy_importer.main "$(basename "$archive")" >importer.txt 2>&1 || { cat importer.txt; return 1; }
  if grep ERROR importer.txt; then return 1; fi
  "$tools/bin/ansible-builder" create -f execution-environment.yml -c "$place/context" --output-filename Containerfile
  # What an execution environment installs is what the collection says that its modules need.
  "$tools/bin/ansible-builder" introspect "$work/package/installed" >introspected.txt
  grep -vE '^ *(#|$)' "$root/requirements.txt" | while read -r requirement; do
    grep -qF -- "'$requirement  # from collection mailops.migration'" introspected.txt || {
      echo "an execution environment would not get $requirement"
      cat introspected.txt
      return 1
    }
  done
}

# --- ansible-test ----------------------------------------------------------------------------------------------------

# These three take ansible-test's own arguments; without any they run all that there is.
sanity() {
  enter_copy
  ansible_test sanity "$@" 2>&1 | tee "$work/sanity.txt" || {
    grep '^ERROR' "$work/sanity.txt"
    return 1
  }
  if grep 'All targets skipped' "$work/sanity.txt"; then return 1; fi
}

ansible_units() {
  enter_copy
  ansible_test units --num-workers 1 "$@"
}

ansible_integration() {
  enter_copy
  ansible_test integration "$@"
}

# ansible-test wants a real path; the copy holds what git tracks and what is about to be added.
enter_copy() {
  local copy="$work/collections/ansible_collections/mailops/migration" file
  rm -rf "$work/collections"
  mkdir -p "$copy"
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [[ -e $file ]]; then printf '%s\0' "$file"; fi
  done | tar --null --files-from - --create | tar --extract --directory "$copy"
  cd "$copy"
  # It asks git for its files, and would take the checkout around it for theirs.
  git init -q
}

ansible_test() {
  local cache="$work/home/.ansible/test/cache" python
  mkdir -p "$cache"
  # It would download this script; Python has pip on board.
  printf 'import ensurepip\nensurepip.bootstrap()\n' | tee "$cache/get_pip_24_2.py" >"$cache/get_pip_25_2.py"
  python="$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
  env -u ANSIBLE_CONFIG HOME="$work/home" ansible-test "$1" --color no --python "$python" "${@:2}"
}

# --- What a change needs --------------------------------------------------------------------------------------------

# Tests for the files that differ from main (and are not committed yet): those of the same subject by name, the tests themselves,
# and the linters. What many things rest on needs everything, and says so.
changed_tests() {
  local file stem base
  base="$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)"
  { git diff --name-only --diff-filter=d "$base"; git ls-files --others --exclude-standard; } | sort -u | while read -r file; do
    case "$file" in
      tests/unit/*/test_*.py | tests/unit/test_*.py | tests/integration/*test_*.py) echo "$file" ;;
      tests/support/* | bin/* | scripts/* | requirements/* | roles/sandbox/*) echo ALL ;;
      plugins/module_utils/*/*.py) echo "tests/unit/$(cut -d/ -f3 <<<"$file")" ;;
      plugins/*) echo tests/unit/plugins tests/unit/test_layers.py | tr ' ' '\n' ;;
      docs/* | README.md | CONTRIBUTING.md | SECURITY.md) echo tests/unit/docs ;;
      roles/* | playbooks/*) echo tests/unit/test_playbooks.py ;;
    esac
    # A module, role or playbook has tests on real servers that carry its name.
    stem="$(basename "$(sed -E 's#^roles/([^/]+)/.*#\1#' <<<"$file")")"
    case "$file" in
      plugins/modules/* | plugins/action/* | playbooks/*.yml | roles/*)
        find tests/integration -name "test_*${stem%.*}*.py"
        ;;
    esac
  done | sort -u | while read -r file; do if [[ $file == ALL || -e $file ]]; then echo "$file"; fi; done
}

# --- Other versions -------------------------------------------------------------------------------------------------

# What of them every run tries: the plugins' unit tests with the lowest versions that are allowed and with the newest
# Ansible.
other_versions() {
  local pythons
  step "Unit tests of the plugins with the lowest versions" \
    with_versions lowest "$root/.venv/bin/python" python -m pytest -q tests/unit/plugins
  newer_pythons
  plugins_with_newest "${pythons[@]:0:1}"
}

# What a release needs besides "bin/test": all unit tests and all of sanity with these versions, where a Python for the
# newest Ansible is found; with a further Python the plugins' unit tests. Each in a venv of its own below .cache/venvs.
matrix() {
  local pythons
  step "Documentation (Sphinx, antsibull-docs, antsibull-changelog)" documentation
  step "Packaging (ansible-galaxy build and install)" packaging
  step "Adoption (galaxy-importer, ansible-builder)" adoption
  step "Unit tests with the lowest versions ($(python --version))" \
    with_versions lowest "$root/.venv/bin/python" python -m pytest -q tests/unit
  step "Unit tests by ansible-test" ansible_units
  newer_pythons
  if ((${#pythons[@]} > 0)); then
    step "Unit tests with the newest Ansible ($("${pythons[0]}" --version))" \
      with_versions newest "${pythons[0]}" python -m pytest -q tests/unit
    step "Modules in the newest Ansible (ansible-test integration)" with_versions newest "${pythons[0]}" ansible_integration
    step "Sanity with the newest Ansible ($("${pythons[0]}" --version))" with_versions newest "${pythons[0]}" sanity
  fi
  plugins_with_newest "${pythons[@]:1}"
}

# The plugins' unit tests with the newest Ansible, on each of these Pythons.
plugins_with_newest() {
  local python
  for python in "$@"; do
    step "Unit tests of the plugins with the newest Ansible ($("$python" --version))" \
      with_versions newest "$python" python -m pytest -q tests/unit/plugins
  done
}

# Sets "pythons" to one of each version that the newest Ansible runs on and this machine has.
newer_pythons() {
  local version candidate
  pythons=()
  for version in 3.12 3.13; do
    for candidate in "python$version" ~/.pyenv/versions/"$version".*/bin/python3; do
      if "$candidate" -c 'import ensurepip' 2>/dev/null; then
        pythons+=("$(command -v "$candidate")")
        break
      fi
    done
  done
  if ((${#pythons[@]} == 0)); then
    echo "No Python 3.12 or 3.13 is here: the newest Ansible is not tried."
  fi
}

# Runs a command with the Python, the Ansible and the libraries of requirements/$1.txt, in a venv made with Python $2.
with_versions() {
  local venv
  venv="$(tool_venv "$1" "$2")"
  shift 2
  PATH="$venv/bin:$PATH"
  "$@"
}
