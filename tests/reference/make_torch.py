"""Makes torch.npz: PyTorch's cross-entropies and 100 steps of its SGD and Adam (needs torch 2; run by hand)."""

from pathlib import Path

import numpy as np

EPSILON = 1e-30  # Keras' epsilon stands elsewhere than torch's, so both are made too small to matter


def cross_entropies(torch, rng):
    """Return scores, unnormalized shares and labels with torch's losses and gradients."""
    found = {"logits": rng.normal(size=(6, 5)) * 4, "shares": rng.uniform(0.1, 3, (6, 5)), "labels": rng.integers(0, 5, 6)}
    labels = torch.tensor(found["labels"])
    for name in ("logits", "shares"):
        x = torch.tensor(found[name], requires_grad=True)
        logits = x if name == "logits" else torch.log(x)  # softmax(log p) = p / sum(p)
        values = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        mean = values.mean()
        mean.backward()
        found |= {f"{name}_values": values.detach().numpy(), f"{name}_mean": mean.item(), f"{name}_grad": x.grad.numpy()}
    return found


def trajectories(torch, rng):
    """Return the parameters that torch's optimizers reach after 100 given gradients."""
    start, grads = rng.normal(size=(4, 3)), rng.normal(size=(100, 4, 3))
    makers = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
        "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
        "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
        "sgd_decay": lambda p: torch.optim.SGD(p, lr=0.01, weight_decay=0.1),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01, eps=EPSILON),
        "adam_amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, eps=EPSILON, amsgrad=True),
        "adam_decay": lambda p: torch.optim.AdamW(p, lr=0.01, eps=EPSILON, weight_decay=0.1),
    }
    found = {"start": start, "grads": grads}
    for name, make in makers.items():
        w = torch.tensor(start.copy(), requires_grad=True)
        optimizer = make([w])
        for grad in grads:
            w.grad = torch.tensor(grad)
            optimizer.step()
        found[name] = w.detach().numpy().copy()
    return found


def main():
    """Write torch.npz beside this file."""
    import torch  # here, so that pytest can import this file without it

    rng = np.random.default_rng(3)
    found = {**cross_entropies(torch, rng), **trajectories(torch, rng)}
    np.savez_compressed(Path(__file__).with_name("torch.npz"), **found)


if __name__ == "__main__":
    main()
