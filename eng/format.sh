#!/usr/bin/env bash
# Formats the code by the rules of .editorconfig; with --verify-no-changes it only lists violations.
cd "$(dirname "${BASH_SOURCE[0]}")/.." && exec dotnet format MLNet.ZerothOrder.sln "$@"
