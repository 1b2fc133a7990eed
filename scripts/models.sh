#!/bin/sh
# Makes the reference models in models/ from the measured tables, which are not part of the project. The same tables give the
# same bytes on any machine; SOURCE_DATE_EPOCH fixes the day that the files name.
set -eu
cd "$(dirname "$0")/.."
data=${FULCRUM_DATA:-../shared/data}/orin-agx
[ -r "$data/train-resnet18.csv" ] || {
    echo "models: there is no $data/train-resnet18.csv; FULCRUM_DATA names the folder that holds orin-agx." >&2
    exit 1
}
model() {
    .build/release/fulcrumctl model train --train "$data/train-$1.csv" --seed 1 --workload "$2" \
        --board "Jetson AGX Orin 32 GB" --output "models/agx-orin-train-$1.fulcrum-model" \
        --source "the measurements of arXiv 2407.13944 (public repository kedar-1401/Dream-Lab, commit bf7d6b73)"
}
model resnet18 "ResNet-18 training, minibatch 16, ImageNet validation set"
model mobilenetv3 "MobileNetV3 training, minibatch 16, GLD23k"
(cd models && sha256sum -- *.fulcrum-model >SHA256SUMS)
