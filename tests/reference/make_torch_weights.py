"""Writes what PyTorch says and saves: python tests/reference/make_torch_weights.py (needs torch and safetensors)."""

from pathlib import Path

import numpy as np


def main():
    """Write torch_weights.npz and torch_weights.safetensors beside this file."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    fc1, bn, fc2 = torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)
    conv = torch.nn.Conv2d(2, 3, (3, 2))
    dense = torch.nn.Sequential(fc1, torch.nn.ReLU(), bn, fc2)
    dense(torch.randn(32, 4))  # so that the running statistics are not 0 and 1
    everything = torch.nn.ModuleDict({"fc1": fc1, "bn": bn, "fc2": fc2, "conv": conv}).eval()
    x, image = torch.randn(3, 4), torch.randn(2, 2, 5, 6)
    here = Path(__file__).parent
    with torch.no_grad():
        y, mapped = dense.eval()(x), conv(image)
        np.savez(
            here / "torch_weights.npz",
            **{name: value.numpy() for name, value in (("x", x), ("y", y))},
            image=image.permute(0, 2, 3, 1).numpy(),
            mapped=mapped.permute(0, 2, 3, 1).numpy(),
        )
    save_file(everything.state_dict(), here / "torch_weights.safetensors")


if __name__ == "__main__":
    main()
