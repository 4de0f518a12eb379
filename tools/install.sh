#!/usr/bin/env bash
# Installs cairn below a folder, or removes it: `make install`, `make uninstall`.
#   install.sh PROGRAM FOLDER    FOLDER/lib/cairn (program and libraries), bin, man page, completions
#   install.sh --remove FOLDER
# The program looks for libraries in its own folder, so Swift's and a librdkafka from `make setup` lie beside it.
# Debian's libpq5, libhiredis0.14, libssl3 and, where it is 2.2 or newer, librdkafka1 come from the system.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
program=$1
folder=$2

own=$folder/lib/cairn
pages=(
  "$folder/bin/cairn" "$folder/share/man/man1/cairn.1" "$folder/share/bash-completion/completions/cairn"
  "$folder/share/zsh/site-functions/_cairn" "$folder/share/fish/vendor_completions.d/cairn.fish"
)
if [ "$program" = --remove ]; then
  rm -f "${pages[@]}"
  rm -rf "$own"
  echo "removed cairn from $folder"
  exit 0
fi

[ -x "$program" ] || { echo "install: $program is no program: run \`make build\`" >&2; exit 1; }
rm -rf "$own.new"
mkdir -p "$own.new" "$folder/bin" "$folder/share/man/man1"
install -m 755 "$program" "$own.new/cairn"
ldd "$program" | awk '$3 ~ /\/usr\/lib\/swift\/|\/\.tools\/lib\// {print $3}' |
  while read -r library; do install -m 644 "$library" "$own.new/"; done
# A running worker keeps the files that it has open; the next start finds the new ones.
rm -rf "$own"
mv "$own.new" "$own"
ln -sfn ../lib/cairn/cairn "$folder/bin/cairn"
install -m 644 "$here/docs/man/cairn.1" "$folder/share/man/man1/cairn.1"
for shell in bash zsh fish; do
  case $shell in
  bash) target=$folder/share/bash-completion/completions/cairn ;;
  zsh) target=$folder/share/zsh/site-functions/_cairn ;;
  fish) target=$folder/share/fish/vendor_completions.d/cairn.fish ;;
  esac
  mkdir -p "$(dirname "$target")"
  "$own/cairn" --generate-completion-script "$shell" >"$target"
done
echo "installed $("$folder/bin/cairn" --version) in $folder"
