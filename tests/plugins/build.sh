#!/usr/bin/env bash
# Builds the plug-ins of the tests as VST3 into the folder $1, with Debian's dpf-source (apt-get install dpf-source g++); some seconds, and nothing
# where they are there already. `tests/helpers/real_plugins.py` calls it.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
dpf="${DPF:-/usr/share/dpf}"
pids=()
for source in "$here"/*/plugin.cpp; do
  folder="$(dirname "$source")"
  name="$(sed -n 's/^#define DISTRHO_PLUGIN_NAME "\(.*\)"/\1/p' "$folder/DistrhoPluginInfo.h")"
  target="$1/$name.vst3/Contents/x86_64-linux/$name.so"
  [ -e "$target" ] && continue
  mkdir -p "$(dirname "$target")"
  g++ -O2 -std=c++11 -fPIC -shared -DDISTRHO_PLUGIN_TARGET_VST3 -DNDEBUG -fvisibility=hidden -I"$folder" -I"$dpf/distrho" -I"$dpf/dgl" \
    "$source" "$dpf/distrho/DistrhoPluginMain.cpp" -o "$target.part" -ldl && mv "$target.part" "$target" &
  pids+=("$!")
done
for pid in "${pids[@]}"; do wait "$pid"; done
