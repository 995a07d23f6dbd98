#!/usr/bin/env bash
# build.sh cli|torchsharp|all: builds the command line, its TorchSharp backend or the whole solution in Release, one build at a
# time. Prints only the errors of a failed build. The whole output is in .cache/build.log.
#   build.sh is-current cli|torchsharp: succeeds if no source file has changed since the last build of this part
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log=$root/.cache/build.log

sources() {
  find "$root"/{src,eng,onnx} "$root"/*.{props,targets,config} \( -name bin -o -name obj -o -name node_modules -o -name __pycache__ \) -prune -o -type f "$@"
}

output() {
  case $1 in
    cli) echo "$root/src/MLNet.ZerothOrder.Cli/bin/Release/net10.0/zo.dll" ;;
    torchsharp) echo "$root/src/MLNet.ZerothOrder.TorchSharp/bin/Release/net10.0/MLNet.ZerothOrder.TorchSharp.dll" ;;
  esac
}

# A stamp lists the source files of a build. Its time is the start of the build, so that a file edited during the build counts as changed.
is_current() {
  local stamp=$root/.cache/$1.stamp
  [[ -f $(output "$1") && -f $stamp && -z $(sources -newer "$stamp" -print -quit) ]] && sources -print | cmp -s - "$stamp"
}

build() {
  local target part parts=("$1") draft=$root/.cache/stamp.$$
  # Who wants to run zo does not wait for the checks of the code. The build of the whole solution, which the tests use, makes them.
  local checks=(-p:RunAnalyzers=false -p:GenerateDocumentationFile=false)
  case $1 in
    cli) target=src/MLNet.ZerothOrder.Cli ;;
    torchsharp) target=src/MLNet.ZerothOrder.TorchSharp ;;
    all) target=MLNet.ZerothOrder.sln parts=(cli torchsharp) checks=() ;;
    *) echo "build.sh takes cli, torchsharp or all, not '$1'." >&2; return 2 ;;
  esac
  sources -print >"$draft"
  # A running program has mapped these files. They are deleted and not overwritten, so that it keeps the old ones.
  for part in "${parts[@]}"; do rm -f "$(output "$part")" "$(dirname "$(output "$part")")"/MLNet.*.dll; done
  if ! dotnet build "$root/$target" -c Release --nologo -v minimal -p:ReadyToRun=true "${checks[@]}" -nodeReuse:false >"$log" 2>&1; then
    rm -f "$draft"
    { grep -E '(^|: )error ' "$log" | sort -u || tail -n 40 "$log"; } >&2
    echo "The build failed. Its whole output is in $log." >&2
    return 1
  fi
  for part in "${parts[@]}"; do cp -p "$draft" "$root/.cache/$part.stamp"; done
  rm -f "$draft"
}

case ${1:-} in
  is-current) is_current "$2" ;;
  --locked)
    # Another process may have built this while this one waited for the lock.
    if [[ $2 != all ]] && is_current "$2"; then exit 0; fi
    build "$2"
    ;;
  *) exec "$root/eng/locked.sh" "$root/.cache/build.lock" "${BASH_SOURCE[0]}" --locked "${1:-all}" ;;
esac
