"""What an attacker who sees the gradient reaches: the floor that query-only attacks on the same images are measured against.

    python3 white_box_floor.py mnist-cnn --data DIR --out floor.json
    python3 white_box_floor.py mnist-cnn --data DIR --split train --count 50 --steps 1500 --tune

Minimises the attack loss max(margin, 0) + c |x - x0|_1 over the box [0, 1] for the first correctly classified MNIST images,
all side by side, from x0 + 0.0001 N(0, 1):

    x <- clip(x0 + soft(x - s g - x0, s c), 0, 1),   g a subgradient of max(margin, 0)

with a step size s that falls geometrically, by the factor --decay in all. That is plain proximal gradient, whose figures stand
alone, for --steps and for 200 steps. The floor is the best of many such runs: from the same start towards every other class,
from --starts noisy images, and then from each image's best points again (--polish rounds of smaller and smaller steps). It is
an upper bound of the true minimum, as is every figure here.

--tune tries a grid of step sizes and decays instead, for --steps; use training images for it. Their labels are not needed: the
model's own classes stand for them. Step sizes are for plain logits; --scale-logits F multiplies the logits and divides the step.
Needs PyTorch and the onnx package (Debian: python3-torch, python3-onnx).
"""

import argparse
import hashlib
import json
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from train_targets import TARGETS, below, read_idx

STEP_SIZES = (0.05, 0.1, 0.2, 0.3, 0.5)
DECAYS = (0.1, 0.03, 0.01, 0.003)
SHORT = 200
CLASSES = 10
KEPT = 3


def load(path, name):
    """The bundled target with the weights of its ONNX file, whose names are PyTorch's own."""
    model = TARGETS[name][0]()
    model.load_state_dict({value.name: torch.from_numpy(numpy_helper.to_array(value).copy()) for value in onnx.load(str(path)).graph.initializer})
    return model.eval().requires_grad_(False)


def choose(model, folder, split, count):
    """The first correctly classified images as floats, their classes, and their indices in the file."""
    images = read_idx(folder, "train-images-idx3-ubyte" if split == "train" else "t10k-images-idx3-ubyte").unsqueeze(1)
    labels = None if split == "train" else read_idx(folder, "t10k-labels-idx1-ubyte").long()
    chosen, classes = [], []
    for first in range(0, len(images), 100):
        predicted = model(images[first:first + 100].float() / 255).argmax(1)
        right = range(len(predicted)) if labels is None else (predicted == labels[first:first + 100]).nonzero().flatten().tolist()
        chosen += [first + i for i in right]
        classes += [predicted[i].item() for i in right]
        if len(chosen) >= count:
            break
    chosen, classes = chosen[:count], classes[:count]
    return images[chosen].float() / 255, torch.tensor(classes), chosen


class Attack:
    """The loss of some images."""

    def __init__(self, model, images, classes, weight, factor):
        self.model, self.images, self.classes, self.weight, self.factor = model, images, classes, weight, factor

    def rows(self, index):
        return Attack(self.model, self.images[index], self.classes[index], self.weight, self.factor)

    def margins(self, x):
        """The true class's score above each class's: [N, classes], infinite for the true class itself."""
        logits = self.model(x) * self.factor
        differences = logits.gather(1, self.classes[:, None]) - logits
        return differences.scatter(1, self.classes[:, None], float("inf"))

    def loss(self, x, margins):
        return margins.min(1).values.clamp(min=0) + self.weight * (x - self.images).abs().flatten(1).sum(1)

    def descend(self, start, steps, size, decay, towards=None):
        """Proximal gradient steps; towards given classes the gradient is of their margin, the loss the same."""
        x = start.clone()
        best, best_x, total = None, None, torch.zeros(len(start), dtype=torch.float64)
        for step in range(steps + 1):
            x.requires_grad_(True)
            margins = self.margins(x)
            steered = margins.min(1).values if towards is None else margins.gather(1, towards[:, None])[:, 0]
            gradient = torch.autograd.grad(steered.clamp(min=0).sum(), x)[0] if step < steps else None
            x = x.detach()
            loss = self.loss(x, margins.detach())
            if best is None:
                best, best_x = loss, x.clone()
            else:
                better = loss < best
                best = torch.where(better, loss, best)
                best_x[better] = x[better]
                total += loss
            if gradient is not None:
                s = size * decay ** (step / max(steps - 1, 1))
                change = x - s * gradient - self.images
                change = change.sign() * (change.abs() - s * self.weight).clamp(min=0)
                x = (self.images + change).clamp(0, 1)
        return {"last": loss, "best": best, "mean": total / steps, "x": best_x}


def figures(run):
    return {"meanLast": run["last"].mean().item(), "meanBest": run["best"].mean().item(), "meanOverIterations": run["mean"].mean().item()}


def say(title, run):
    f = figures(run)
    print(f"{title}: last {f['meanLast']:.4f}, best so far {f['meanBest']:.4f}, mean over iterations {f['meanOverIterations']:.4f}", flush=True)


def tune(attack, start, steps, factor):
    tried = {}
    for size in STEP_SIZES:
        for decay in DECAYS:
            run = attack.descend(start, steps, size / factor, decay)
            tried[size, decay] = run["last"].mean().item()
            say(f"{steps} steps, step size {size:g}, decay {decay:g}", run)
    size, decay = min(tried, key=tried.get)
    print(f"lowest last loss for {steps} steps: step size {size:g}, decay {decay:g} ({tried[size, decay]:.4f})")


class Pool:
    """Each image's best points so far, KEPT at most: losses [N, K] and points [N, K, 1, 28, 28]."""

    def __init__(self):
        self.losses = self.points = None

    def add(self, run):
        """Takes up a run of all images, or of all points in the pool."""
        losses = run["best"].view(len(run["best"]) if self.losses is None else len(self.losses), -1)
        points = run["x"].view(*losses.shape, *run["x"].shape[1:])
        if self.losses is not None:
            losses, points = torch.cat([self.losses, losses], 1), torch.cat([self.points, points], 1)
        self.losses, order = losses.topk(min(KEPT, losses.shape[1]), 1, largest=False)
        self.points = points[torch.arange(len(points))[:, None], order]


def deepen(attack, pool, start, size, options):
    """Adds many runs to the pool, the best of which is the floor; says after each kind of them what they were."""
    steps = max(options.steps // 2, 1)
    for k in range(CLASSES):
        # An image is not led towards its own class, but to the next one a second time.
        towards = torch.where(attack.classes == k, (attack.classes + 1) % CLASSES, k)
        pool.add(attack.descend(start, steps, size, options.decay, towards))
    yield "and towards every class"
    for i in range(options.starts):
        noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(options.seed + 1 + i))
        pool.add(attack.descend((attack.images + 0.3 * noise).clamp(0, 1), steps, size, options.decay))
    yield f"and from {options.starts} noisy images"
    for i in range(options.polish):
        each = torch.arange(len(start)).repeat_interleave(pool.points.shape[1])
        pool.add(attack.rows(each).descend(pool.points.flatten(0, 1), max(steps // 2, 1), size / 2 ** i, options.decay))
    yield f"and after {options.polish} rounds of polishing"


def number(kind, least):
    def parse(text):
        value = kind(text)
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least}")
        return value
    return parse


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    positive = number(float, 1e-6)
    arguments.add_argument("target", choices=sorted(TARGETS))
    arguments.add_argument("--data", type=Path, required=True, help="folder of MNIST's IDX files, or the one above it")
    arguments.add_argument("--targets", type=Path, default=Path(__file__).resolve().parent.parent / "targets", help="folder of TARGET.onnx")
    arguments.add_argument("--split", choices=["test", "train"], default="test")
    arguments.add_argument("--count", type=number(int, 1), default=100, help="correctly classified images (100)")
    arguments.add_argument("--c", type=number(float, 0), default=0.1, help="the distortion's weight (0.1)")
    arguments.add_argument("--scale-logits", type=positive, default=1, metavar="F", help="attack the logits times F (1)")
    arguments.add_argument("--steps", type=number(int, 1), default=1500, help="(1500)")
    arguments.add_argument("--step-size", type=positive, default=0.1, help="for --steps (0.1)")
    arguments.add_argument("--decay", type=positive, default=0.003, help="for --steps (0.003)")
    arguments.add_argument("--short-step-size", type=positive, default=0.2, help=f"for {SHORT} steps (0.2)")
    arguments.add_argument("--short-decay", type=positive, default=0.03, help=f"for {SHORT} steps (0.03)")
    arguments.add_argument("--starts", type=number(int, 0), default=8, help="noisy starts for the floor (8)")
    arguments.add_argument("--polish", type=number(int, 0), default=4, help="rounds of polishing for the floor (4)")
    arguments.add_argument("--plain", action="store_true", help="plain proximal gradient only, no floor")
    arguments.add_argument("--tune", action="store_true", help="try a grid of step sizes and decays, and nothing else")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--threads", type=number(int, 1), default=1, help="another number rounds differently")
    arguments.add_argument("--out", type=Path, help="the JSON file to write")
    options = arguments.parse_args()

    torch.set_num_threads(options.threads)
    path = options.targets / f"{options.target}.onnx"
    model = load(path, options.target)
    images, classes, indices = choose(model, below(options.data, "mnist"), options.split, options.count)
    attack = Attack(model, images, classes, options.c, options.scale_logits)
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(options.seed))
    start = (images + 1e-4 * noise).clamp(0, 1)
    if options.tune:
        tune(attack, start, options.steps, options.scale_logits)
        return

    size = options.step_size / options.scale_logits
    settings = {SHORT: (options.short_step_size, options.short_decay), options.steps: (options.step_size, options.decay)}
    plain = {}
    for steps, (own_size, decay) in settings.items():
        plain[steps] = attack.descend(start, steps, own_size / options.scale_logits, decay)
        say(f"plain, {steps} steps", plain[steps])
    pool = Pool()
    for run in plain.values():
        pool.add(run)

    def write(best_of):
        floor, reached = pool.losses[:, 0], pool.points[:, 0]
        l1 = (reached - images).abs().flatten(1).sum(1)
        adversarial = model(reached).argmax(1)
        document = {
            "target": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "split": options.split, "count": len(images),
            "c": options.c, "scaleLogits": options.scale_logits, "seed": options.seed,
            "plain": {steps: {"stepSize": settings[steps][0], "decay": settings[steps][1], **figures(run)} for steps, run in plain.items()},
            "floor": {"bestOf": best_of, "mean": floor.mean().item()},
            "images": [{
                "id": str(indices[i]), "label": classes[i].item(),
                "plain": {steps: {name: run[name][i].item() for name in ("last", "best", "mean")} for steps, run in plain.items()},
                "floor": floor[i].item(), "l1": l1[i].item(), "class": adversarial[i].item(),
            } for i in range(len(images))],
        }
        if options.out:
            options.out.write_text(json.dumps(document, indent=2) + "\n")
        print(f"floor {', '.join(best_of)}: {floor.mean().item():.4f}", flush=True)

    # Written after every kind of run: the floor takes long, and whoever cuts it short keeps what there is.
    best_of = ["of the plain runs"]
    write(best_of)
    for runs in [] if options.plain else deepen(attack, pool, start, size, options):
        best_of.append(runs)
        write(best_of)


if __name__ == "__main__":
    main()
