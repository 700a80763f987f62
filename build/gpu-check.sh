#!/usr/bin/env bash
# Makes a folder that says on any linux-x64 machine with a GPU, without .NET, whether the kernels are right there and how fast they
# are. Copy it there and run ./gpu-check. usage: build/gpu-check.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-artifacts/gpu-check}
limit=$((30 * 1024 * 1024))
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$(dirname "$folder")/.gpu-check.XXXXXX")
trap 'rm -rf "$work"' EXIT

dotnet publish build/GpuCheck -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true -p:AppendRuntimeIdentifierToOutputPath=true -o "$work/out"
mkdir "$work/folder"
cp "$work/out/GpuCheck" "$work/folder/gpu-check"
size=$(du -sb "$work/folder" | cut -f1)
if [ "$size" -gt "$limit" ]; then
  echo "The folder has $size bytes, more than $limit." >&2
  exit 1
fi
rm -rf "$folder"
mv "$work/folder" "$folder"
echo "$folder: $size bytes. Copy it to the machine with the GPU and run ./gpu-check there."
