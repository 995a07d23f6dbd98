#!/usr/bin/env bash
# build.sh cli|all — builds the command line's project or the whole solution in Release, one build at a time. Silent but for
# the errors of a failed build; the whole output is in .cache/build.log.
#   build.sh is-current — succeeds if no source file changed since the command line was last built
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stamp=$root/.cache/zo.stamp
log=$root/.cache/build.log
out=$root/src/MLNet.ZerothOrder.Cli/bin/Release/net10.0

sources() {
  find "$root"/{src,eng,onnx} "$root"/*.{props,targets,config} \( -name bin -o -name obj -o -name node_modules -o -name __pycache__ \) -prune -o -type f "$@"
}

# A stamp lists the files of a build and is as old as its beginning: an edit during the build counts as new.
is_current() {
  [[ -f $out/zo.dll && -f $stamp && -z $(sources -newer "$stamp" -print -quit) ]] && sources -print | cmp -s - "$stamp"
}

build() {
  local target draft=$stamp.$$
  case $1 in
    cli) target=src/MLNet.ZerothOrder.Cli ;;
    all) target=MLNet.ZerothOrder.sln ;;
    *) echo "build.sh takes cli or all, not '$1'." >&2; return 2 ;;
  esac
  sources -print >"$draft"
  # A program that is running maps these files: it keeps the old ones only if the build does not write into them.
  rm -f "$out"/zo.dll "$out"/MLNet.*.dll
  if ! dotnet build "$root/$target" -c Release --nologo -v minimal -nodeReuse:false >"$log" 2>&1; then
    rm -f "$draft"
    { grep -E '(^|: )error ' "$log" | sort -u || tail -n 40 "$log"; } >&2
    echo "The build failed; its whole output is in $log." >&2
    return 1
  fi
  mv -f "$draft" "$stamp"
}

case ${1:-} in
  is-current) is_current ;;
  --locked)
    # Whoever waited for the lock may find the work done.
    if [[ $2 == cli ]] && is_current; then exit 0; fi
    build "$2"
    ;;
  *) exec "$root/eng/locked.sh" "$root/.cache/build.lock" "${BASH_SOURCE[0]}" --locked "${1:-all}" ;;
esac
