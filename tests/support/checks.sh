# Sourced by bin/test: checks of documentation and package, what a change needs, and the matrix of versions.

# --- Documentation and package --------------------------------------------------------------------------------------

# The site without a warning; the documentation of all plugins and roles; the changelog's fragments.
documentation() {
  local tools
  bin/docs
  tools="$(tool_venv docs)"
  "$tools/bin/antsibull-docs" lint-collection-docs --plugin-docs --skip-rstcheck .
  "$tools/bin/antsibull-changelog" lint
}

# The collection's archive as Galaxy would take it in, and as part of an execution environment. Run after "packaging".
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

# --- The matrix -----------------------------------------------------------------------------------------------------

# What a release needs besides "bin/test": documentation and package as others take them,
# the unit tests with the lowest versions that are allowed, unit tests and sanity with the newest Ansible, where a Python
# for it is found. Each in a venv of its own below .cache/venvs.
matrix() {
  local python
  step "Documentation (Sphinx, antsibull-docs, antsibull-changelog)" documentation
  step "Packaging (ansible-galaxy build and install)" packaging
  step "Adoption (galaxy-importer, ansible-builder)" adoption
  step "Unit tests with the lowest versions (Python $(python -c 'import sys; print("%d.%d" % sys.version_info[:2])'))" units_with lowest "$root/.venv/bin/python"
  if python="$(newer_python)"; then
    step "Unit tests with the newest Ansible ($("$python" --version))" units_with newest "$python"
    step "Sanity with the newest Ansible ($("$python" --version))" sanity_with newest "$python"
  else
    echo "No Python 3.12 or later is here: the newest Ansible is not tried."
  fi
}

newer_python() {
  local candidate
  for candidate in python3.13 python3.12 ~/.pyenv/versions/3.1[23]*/bin/python3; do
    if "$candidate" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

units_with() {
  local venv
  venv="$(tool_venv "$1" "$2")"
  PATH="$venv/bin:$PATH" "$venv/bin/python" -m pytest -q tests/unit
}

sanity_with() {
  local venv
  venv="$(tool_venv "$1" "$2")"
  PATH="$venv/bin:$PATH"
  sanity
}
