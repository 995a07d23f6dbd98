#!/usr/bin/env bash
# Asks the configured NuGet feeds for the packages that some networks lack and writes the answers to Feeds.props,
# which every project imports. An answer is kept until the versions or the NuGet configuration change.
#   eng/feeds.sh           prints one line per thing that is left out
#   eng/feeds.sh --quiet   prints nothing that is not new
#   eng/feeds.sh --again   asks again
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
answers=$root/Feeds.props
work=$root/.cache/feeds

# property | packages that must all restore | what happens without them
probes=(
  "HasOnnxRuntime|Microsoft.ML.OnnxRuntime|ONNX Runtime is compiled from its npm package instead"
  "HasMicrosoftML|Microsoft.ML Microsoft.ML.OnnxTransformer Microsoft.ML.FastTree|the ML.NET projects, their tests and samples are left out"
  "HasAutoML|Microsoft.ML.AutoML|the AutoML project and its tests are left out"
  "HasTorchSharp|TorchSharp-cpu|the TorchSharp project and its tests are left out"
)

fingerprint() {
  local version pinned
  {
    echo "${probes[@]}"
    for version in MicrosoftMLVersion MicrosoftMLAutoMLVersion OnnxRuntimeVersion TorchSharpVersion; do
      pinned=$(sed -n "s:.*<$version .*>\(.*\)</.*:\1:p" "$root/Directory.Packages.props")
      echo "$version=${!version:-$pinned}"
    done
    cat "$root/NuGet.config" "${HOME:-}/.nuget/NuGet/NuGet.Config" "${HOME:-}/.config/NuGet/NuGet.Config" 2>/dev/null
  } | cksum
}

is_current() { [[ -f $answers ]] && grep -qF "asked for: $(fingerprint) " "$answers"; }

report() {
  local probe property packages without
  for probe in "${probes[@]}"; do
    IFS='|' read -r property packages without <<<"$probe"
    if grep -q "<$property>false" "$answers"; then
      if grep -q "<!-- unsure: $property " "$answers"; then
        echo "The NuGet feeds did not answer for ${packages// / or }: $without. They are asked again next time."
      else
        echo "The NuGet feeds have no ${packages// / or no }: $without."
      fi
    fi
  done
}

# Leaves true, false or unsure in $work/PROPERTY.answer.
probe() {
  local property=$1 packages=$2 project=$work/$1/probe.csproj log=$work/$1/restore.log answer=unsure attempt
  mkdir -p "$work/$property"
  {
    echo '<Project Sdk="Microsoft.NET.Sdk">'
    echo '  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>'
    echo '  <ItemGroup>'
    for package in $packages; do
      # The pinned name and version both live in Directory.Packages.props.
      [[ $package == Microsoft.ML.OnnxRuntime ]] && package='$(OnnxRuntimePackage)'
      echo "    <PackageReference Include=\"$package\" />"
    done
    echo '  </ItemGroup>'
    echo '</Project>'
  } >"$project"

  for attempt in 1 2; do
    if dotnet restore "$project" --force -nodeReuse:false -p:ImportDirectoryBuildProps=false \
      -p:ImportDirectoryBuildTargets=false -p:NuGetAudit=false >"$log" 2>&1; then
      answer=true
      break
    fi
    # A feed that answered has said "no such package" (NU1101) or "no such version" (NU1102, NU1103); NU1301 and
    # everything else may be the network's fault, so it is worth another question (NuGet itself has asked three times).
    if grep -qE 'error NU110[123]:' "$log" && ! grep -q 'error NU1301:' "$log"; then
      answer=false
      break
    fi
  done
  echo "$answer" >"$work/$property.answer"
}

ask() {
  local probe property packages without answer draft=$work/Feeds.props
  if ! command -v dotnet >/dev/null; then
    echo "dotnet is not on the PATH; install the .NET 10 SDK." >&2
    return 1
  fi
  mkdir -p "$work"
  for probe in "${probes[@]}"; do
    IFS='|' read -r property packages without <<<"$probe"
    probe "$property" "$packages" &
  done
  wait

  local unsure=""
  {
    echo '<Project>'
    echo '  <PropertyGroup>'
    for probe in "${probes[@]}"; do
      IFS='|' read -r property packages without <<<"$probe"
      answer=$(cat "$work/$property.answer")
      if [[ $answer == unsure ]]; then
        unsure=yes
        answer=false
        echo "    <!-- unsure: $property (see .cache/feeds/$property/restore.log) -->"
      fi
      echo "    <$property>$answer</$property>"
    done
    echo '  </PropertyGroup>'
    # Without this line the next start asks again.
    [[ $unsure ]] || echo "  <!-- asked for: $(fingerprint) -->"
    echo '</Project>'
  } >"$draft"
  mv -f "$draft" "$answers"
}

case ${1:-} in
  --locked)
    # A second caller that waited for the lock finds the first one's answers.
    if is_current; then exit 0; fi
    ask
    ;;
  --again)
    rm -f "$answers"
    exec "${BASH_SOURCE[0]}"
    ;;
  "" | --quiet)
    if is_current; then
      [[ ${1:-} == --quiet ]] || report
      exit 0
    fi
    "$root/eng/locked.sh" "$root/.cache/feeds.lock" "${BASH_SOURCE[0]}" --locked || exit 1
    report
    ;;
  *)
    echo "feeds.sh takes --quiet or --again, not '$1'." >&2
    exit 2
    ;;
esac
