"""Trains the bundled target classifiers and writes them as ONNX.

    python3 train_targets.py mnist-lenet --data DIR --digits DIR --out ../targets
    python3 train_targets.py mnist-cnn   --data DIR --digits DIR --out ../targets
    python3 train_targets.py cifar10-cnn --data DIR --out ../targets

--data (or its folder `mnist` or `cifar10`) holds MNIST's four IDX files or CIFAR-10's binary batches, --digits (or its folder
`digits`) the generated digits (digits-train-… and digits-t10k-…), gzipped or not, as `zo data` writes them. MNIST targets learn
from both, the CIFAR-10 target from CIFAR-10 alone. Needs PyTorch and the onnx package (Debian: python3-torch, python3-onnx).
3,000 of the training images choose the epoch, the others are trained on; the test images are only looked at for the final
report. A checkpoint after every epoch lets an interrupted training go on.
"""

import argparse
import gzip
import hashlib
import math
import struct
import time
from pathlib import Path

import numpy
import onnx
import torch
from torch import nn
from torch.nn import functional

VALIDATION = 3000
BATCH = 128


def mnist_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1024, 200), nn.ReLU(), nn.Dropout(0.5), nn.Linear(200, 200), nn.ReLU(), nn.Dropout(0.5), nn.Linear(200, 10))


def mnist_lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(800, 500), nn.ReLU(), nn.Dropout(0.5), nn.Linear(500, 10))


def cifar10_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3), nn.ReLU(), nn.Conv2d(128, 128, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(3200, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))


def cifar10_small():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 10))


TARGETS = {
    "mnist-cnn": (mnist_cnn, 4, "MNIST CNN of the learned zeroth-order optimizer paper: conv 32 32 pool 64 64 pool, dense 200 200 10"),
    "mnist-lenet": (mnist_lenet, 12, "MNIST LeNet: conv 20 pool 50 pool, dense 500 10"),
    "cifar10-cnn": (
        cifar10_cnn, 40,
        "CIFAR-10 CNN of the learned zeroth-order optimizer paper: conv 64 64 pool 128 128 pool, dense 256 256 10"),
    "cifar10-small": (cifar10_small, 12, "A small CIFAR-10 CNN: conv 16 pool 32 pool 64, dense 128 10"),
}


def read(folder, *names):
    """The bytes of the first of these files that is there."""
    for name in names:
        for path in (folder / f"{name}.gz", folder / name):
            if path.exists():
                return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    raise SystemExit(f"{folder} has no {names[0]}.gz; give the folder that holds it.")


def read_idx(folder, name):
    data = read(folder, name)
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape).copy())


def read_cifar(folder, batches):
    rows = numpy.concatenate([numpy.frombuffer(read(folder, *names), numpy.uint8).reshape(-1, 3073) for names in batches])
    return torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32).copy()), torch.from_numpy(rows[:, 0].astype(numpy.int64))


def below(folder, name):
    return folder / name if (folder / name).is_dir() else folder


def read_set(folder, prefix):
    return read_idx(folder, f"{prefix}-images-idx3-ubyte").unsqueeze(1), read_idx(folder, f"{prefix}-labels-idx1-ubyte").long()


def turned(images, generator):
    """Turned by up to 10 degrees and shifted by up to 2 pixels."""
    count = len(images)
    angle = (torch.rand(count, generator=generator) * 2 - 1) * math.radians(10)
    shift = (torch.rand(count, 2, generator=generator) * 2 - 1) * (2 / 14)
    affine = torch.stack([
        torch.stack([angle.cos(), -angle.sin(), shift[:, 0]], 1),
        torch.stack([angle.sin(), angle.cos(), shift[:, 1]], 1)], 1)
    grid = functional.affine_grid(affine, images.shape, align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def mirrored(images, generator):
    """Half of them mirrored, all shifted by up to 4 pixels; grey where nothing was."""
    count, _, height, width = images.shape
    padded = functional.pad(images, (4, 4, 4, 4), value=0.5)
    top, left = (torch.randint(0, 9, (2, count), generator=generator))
    flip = torch.rand(count, generator=generator) < 0.5
    rows = top[:, None] + torch.arange(height)
    columns = left[:, None] + torch.where(flip[:, None], torch.arange(width).flip(0), torch.arange(width))
    return padded[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
def evaluate(model, images, labels):
    model.eval()
    loss = hits = 0
    for part, truth in zip(images.split(500), labels.split(500)):
        logits = model(part.float() / 255)
        loss += functional.cross_entropy(logits, truth, reduction="sum").item()
        hits += (logits.argmax(1) == truth).sum().item()
    return hits / len(labels), loss / len(labels)


def train(model, augmented, images, labels, validation, epochs, seed, checkpoint):
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters())
    steps = math.ceil(len(labels) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, epochs=epochs, steps_per_epoch=steps, pct_start=0.2)
    best, first, seconds = None, 0, 0.0
    if checkpoint and checkpoint.exists():
        saved = torch.load(checkpoint)
        if saved["epochs"] != epochs:
            raise SystemExit(f"{checkpoint} is of a training of {saved['epochs']} epochs, not {epochs}; remove it or ask for as many.")
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        generator.set_state(saved["generator"])
        torch.set_rng_state(saved["dropout"])
        best, first, seconds = saved["best"], saved["epoch"], saved["seconds"]

    for epoch in range(first, epochs):
        start = time.monotonic()
        model.train()
        order = torch.randperm(len(labels), generator=generator)
        total = 0
        for rows in order.split(BATCH):
            loss = functional.cross_entropy(model(augmented(images[rows].float() / 255, generator)), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        accuracy, validation_loss = evaluate(model, *validation)
        if best is None or (accuracy, -validation_loss) > (best["accuracy"], -best["loss"]):
            best = {"accuracy": accuracy, "loss": validation_loss, "epoch": epoch + 1,
                    "model": {name: value.clone() for name, value in model.state_dict().items()}}
        seconds += time.monotonic() - start
        print(f"epoch {epoch + 1}/{epochs}: training loss {total / len(labels):.4f}, validation accuracy {accuracy:.4f}, "
              f"loss {validation_loss:.4f}, {seconds:.0f} s", flush=True)
        if checkpoint:
            # Written aside and renamed, so that a cut-off never leaves half a file.
            aside = checkpoint.with_suffix(".part")
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
                        "generator": generator.get_state(), "dropout": torch.get_rng_state(), "best": best, "epoch": epoch + 1,
                        "epochs": epochs, "seconds": seconds}, aside)
            aside.replace(checkpoint)

    model.load_state_dict(best["model"])
    return best, seconds


def export(model, shape, path, properties):
    model.eval()
    torch.onnx.export(model, torch.zeros(1, *shape), str(path), opset_version=13, input_names=["image"],
                      output_names=["logits"], dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}})
    written = onnx.load(str(path))
    onnx.helper.set_model_props(written, properties)
    onnx.checker.check_model(written, full_check=True)
    onnx.save(written, str(path))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("target", choices=sorted(TARGETS))
    arguments.add_argument("--data", type=Path, required=True, help="folder of MNIST's IDX files or CIFAR-10's binary batches")
    arguments.add_argument("--digits", type=Path, help="folder of the generated digits' IDX files, for MNIST targets")
    arguments.add_argument("--out", type=Path, required=True, help="folder for TARGET.onnx")
    arguments.add_argument("--epochs", type=int, help="default: the bundled target's")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--threads", type=int, default=1, help="another number rounds differently")
    arguments.add_argument("--checkpoint", type=Path, help="file to write after every epoch, and to go on from")
    options = arguments.parse_args()

    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)
    build, epochs, title = TARGETS[options.target]
    model = build()

    cifar = options.target.startswith("cifar10")
    if cifar:
        folder = below(options.data, "cifar10")
        images, labels = read_cifar(folder, [[f"data_batch_{i}.bin"] for i in range(1, 6)])
        tests = {"cifar10": lambda: read_cifar(folder, [["test_batch.bin", "test_batch_first1000.bin"]])}
    else:
        if options.digits is None:
            raise SystemExit("An MNIST target also learns from generated digits; give their folder with --digits.")
        folder, drawn = below(options.data, "mnist"), below(options.digits, "digits")
        images, labels = read_set(folder, "train")
        tests = {"mnist": lambda: read_set(folder, "t10k"), "digits": lambda: read_set(drawn, "digits-t10k")}

    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(options.seed))
    held, kept = shuffled[:VALIDATION], shuffled[VALIDATION:]
    validation = images[held], labels[held]
    images, labels = images[kept], labels[kept]
    data = f"{len(kept)} of CIFAR-10's training images, mirrored and shifted a little"
    if not cifar:
        digits, digit_labels = read_set(drawn, "digits-train")
        images, labels = torch.cat([images, digits]), torch.cat([labels, digit_labels])
        data = f"{len(kept)} of MNIST's training images and {len(digits)} generated digits, turned and shifted a little"
    best, seconds = train(
        model, mirrored if cifar else turned, images, labels, validation, options.epochs or epochs, options.seed, options.checkpoint)

    accuracies = {name: evaluate(model, *test())[0] for name, test in tests.items()}
    path = options.out / f"{options.target}.onnx"
    export(model, images.shape[1:], path, {
        "title": title,
        "data": data,
        **{f"accuracy.{name}.test": f"{accuracy:.4f}" for name, accuracy in accuracies.items()},
        f"accuracy.{'cifar10' if cifar else 'mnist'}.validation": f"{best['accuracy']:.4f}",
        "seed": str(options.seed),
        "epochs": f"{options.epochs or epochs}, best on validation: {best['epoch']}",
        "image.range": "0..1",
    })
    print(f"{path}: epoch {best['epoch']}, validation {best['accuracy']:.4f}, "
          + "".join(f"{name} test {accuracy:.4f}, " for name, accuracy in accuracies.items())
          + f"{sum(p.numel() for p in model.parameters()):,} parameters, "
          f"{seconds:.0f} s, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
