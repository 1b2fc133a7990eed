#!/bin/sh
# Makes the reference models in models/ from the measured tables, which are not part of the project, and compares them with
# SHA256SUMS: on x86-64 with the same C library the same tables give the same bytes. With --update the new models and their
# checksums take the place of the old ones, whatever they are.
set -eu
cd "$(dirname "$0")/.."
update=
case "$*" in
"") ;;
--update) update=yes ;;
*)
    echo "models: $* is not understood; usage: scripts/models.sh [--update]." >&2
    exit 2
    ;;
esac
data=${FULCRUM_DATA:-../shared/data}/orin-agx
[ -r "$data/train-resnet18.csv" ] || {
    echo "models: there is no $data/train-resnet18.csv; FULCRUM_DATA names the folder that holds orin-agx." >&2
    exit 1
}
# The day is part of the bytes; this is the one that the models name, 2026-11-24.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1795478400}"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
model() {
    .build/release/fulcrumctl model train --train "$data/train-$1.csv" --seed 1 --workload "$2" \
        --board "Jetson AGX Orin 32 GB" --output "$new/agx-orin-train-$1.fulcrum-model" \
        --source "the measurements of arXiv 2407.13944 (public repository kedar-1401/Dream-Lab, commit bf7d6b73)"
}
model resnet18 "ResNet-18 training, minibatch 16, ImageNet validation set"
model mobilenetv3 "MobileNetV3 training, minibatch 16, GLD23k"
if [ -n "$update" ]; then
    (cd "$new" && sha256sum -- *.fulcrum-model >SHA256SUMS)
else
    cp models/SHA256SUMS "$new"
    (cd "$new" && sha256sum -c SHA256SUMS) || {
        echo "models: what was made differs from models/SHA256SUMS; models/ is unchanged. If that is meant: scripts/models.sh --update." >&2
        exit 1
    }
fi
cp "$new"/* models/
