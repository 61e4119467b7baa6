#!/bin/sh
# Installs the C library: `packaging/install.sh LIBRARIES PREFIX`, under DESTDIR when it is set.
# LIBRARIES is the folder that Cargo has built libworkflow.so and libworkflow.a into.
set -eu
libraries=$1
prefix=$2
root=${DESTDIR:-}$prefix
source=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source/Cargo.toml" | head -n 1)
soversion=$(sed -n 's/^#define WORKFLOW_ABI_VERSION //p' "$source/include/workflow.h")

install -d "$root/include" "$root/lib/pkgconfig" "$root/lib/cmake/Workflow" "$root/share/workflow/schema" \
    "$root/share/man/man7"
install -m 644 "$source/include/workflow.h" "$root/include/workflow.h"
install -m 755 "$libraries/libworkflow.so" "$root/lib/libworkflow.so.$version"
ln -sf "libworkflow.so.$version" "$root/lib/libworkflow.so.$soversion"
ln -sf "libworkflow.so.$soversion" "$root/lib/libworkflow.so"
install -m 644 "$libraries/libworkflow.a" "$root/lib/libworkflow.a"
install -m 644 "$source"/docs/schema/*.schema.json "$root/share/workflow/schema/"

fill() {
    sed -e "s|@PREFIX@|$prefix|g" -e "s|@VERSION@|$version|g" -e "s|@SOVERSION@|$soversion|g" "$source/packaging/$1.in" > "$2"
}
fill workflow.pc "$root/lib/pkgconfig/workflow.pc"
fill WorkflowConfig.cmake "$root/lib/cmake/Workflow/WorkflowConfig.cmake"
fill WorkflowConfigVersion.cmake "$root/lib/cmake/Workflow/WorkflowConfigVersion.cmake"

# The guide as a manual page: headings, code and text, with nothing but awk.
awk -v version="$version" -f "$source/packaging/guide.awk" "$source/docs/c.md" > "$root/share/man/man7/workflow.7"
echo "installed libworkflow $version (soname libworkflow.so.$soversion) under $root"
