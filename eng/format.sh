#!/usr/bin/env bash
# Formats the code as .editorconfig says; with --verify-no-changes only says what it would change. The sources that
# eng/onnxruntime compiles are others' and stay as they are.
cd "$(dirname "${BASH_SOURCE[0]}")/.." && exec dotnet format MLNet.ZerothOrder.sln --exclude eng/onnxruntime/node_modules "$@"
