"""Writes whole networks of PyTorch and what they say: python tests/reference/make_torch_networks.py (needs torch)."""

from pathlib import Path

import numpy as np


def modules(nn):
    """Return each network with the shape of one sample, as PyTorch wants it."""
    behind_flatten = nn.BatchNorm1d(54), nn.Dropout(0.3), nn.PReLU(54), nn.LayerNorm(54), nn.Tanh(), nn.RMSNorm(54)
    return {
        "cnn": (
            nn.Sequential(
                *(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(4), nn.MaxPool2d(2)),
                *(nn.Conv2d(4, 6, (2, 3), groups=2), nn.PReLU(6), nn.Flatten(), *behind_flatten),
                *(nn.Linear(54, 5), nn.PReLU(), nn.Linear(5, 5)),
            ),
            (2, 8, 11),
        ),
        "sequence": (
            nn.Sequential(nn.Conv1d(3, 4, 3, dilation=2), nn.GELU(), nn.AvgPool1d(2), nn.Flatten(), nn.Linear(16, 4)),
            (3, 12),
        ),
        "table": (nn.Sequential(nn.Embedding(7, 3), nn.Flatten(), nn.Linear(15, 4), nn.Sigmoid(), nn.Linear(4, 4)), (5,)),
        "norms": (nn.Sequential(nn.Conv2d(2, 3, 2), nn.LayerNorm([3, 3, 3]), nn.Conv2d(3, 2, 1, bias=False)), (2, 4, 4)),
    }


def main():
    """Write torch_networks.npz beside this file."""
    import torch

    torch.manual_seed(0)
    kept = {}
    for name, (module, shape) in modules(torch.nn).items():
        x = torch.randint(0, 7, (4, *shape)) if name == "table" else torch.randn(4, *shape)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(torch.randn_like(parameter) * 0.3)
            module(x)  # so that the running statistics are not 0 and 1
            y = module.eval()(x)
        kept |= {f"{name}/{key}": value.numpy() for key, value in module.state_dict().items()}
        last = [array.movedim(1, -1).numpy() if array.ndim > 2 else array.numpy() for array in (x, y)]
        kept |= {f"{name}/x": last[0], f"{name}/y": last[1]}
    np.savez(Path(__file__).parent / "torch_networks.npz", **kept)


if __name__ == "__main__":
    main()
