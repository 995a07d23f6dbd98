#!/usr/bin/env bash
# Formats the code as .editorconfig says; with --verify-no-changes only says what it would change.
cd "$(dirname "${BASH_SOURCE[0]}")/.." && exec dotnet format MLNet.ZerothOrder.sln "$@"
