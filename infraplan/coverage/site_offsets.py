"""Offsets of sites, shrunk towards 0 by how little was measured of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from infraplan.arrays import Bools, Floats

BLOCK_M = 100.0
"""Errors within a block of this side are taken as one: shadowing is alike there (ours). [m]"""
FEWEST_BLOCKS = 3


def site_offsets(residual_db: Floats, masts: Any, x_m: Floats, y_m: Floats) -> dict[str, float]:
    """Offset of each mast: its mean error times between / (between + within / blocks), with both variances from the data. [dB]"""
    found = _offsets(residual_db, masts, x_m, y_m, np.ones(len(residual_db), bool))
    return {name: round(value, 3) for name, value in sorted(found.items()) if round(value, 3)}


def known_masts_rms(residual_db: Floats, masts: Any, x_m: Floats, y_m: Floats) -> tuple[float, float] | None:
    """Error at known masts without and with offsets, on squares left out: those of every other block. None for one mast. [dB]"""
    if len(set(masts)) < 2:
        return None
    half = ((np.floor(x_m / (3 * BLOCK_M)) + np.floor(y_m / (3 * BLOCK_M))) % 2).astype(bool)
    error = np.empty(len(residual_db))
    for part in (half, ~half):
        offsets = _offsets(residual_db, masts, x_m, y_m, ~part)
        error[part] = residual_db[part] - np.array([offsets.get(name, 0.0) for name in masts[part]])
    return float(np.sqrt(np.mean(residual_db**2))), float(np.sqrt(np.mean(error**2)))


def _offsets(residual_db: Floats, masts: Any, x_m: Floats, y_m: Floats, used: Bools) -> dict[str, float]:
    names = sorted(set(masts[used]))
    number = {name: k for k, name in enumerate(names)}
    code = np.array([number[name] for name in masts[used]], np.int64)
    value = residual_db[used]
    block = np.floor(x_m[used] / BLOCK_M) * 1e7 + np.floor(y_m[used] / BLOCK_M)
    pairs, where = np.unique(np.stack([code.astype(float), block]), axis=1, return_inverse=True)
    of_block = pairs[0].astype(np.int64)
    where = np.asarray(where).ravel()
    means = np.bincount(where, value) / np.bincount(where)
    blocks = np.bincount(of_block, minlength=len(names)).astype(float)
    site_mean = np.bincount(of_block, means, minlength=len(names)) / np.maximum(blocks, 1.0)
    spread = means - site_mean[of_block]
    site_mean = site_mean - float((site_mean * blocks).sum() / max(blocks.sum(), 1.0))
    within = float((spread**2).sum() / max(len(means) - len(names), 1))
    enough = blocks >= FEWEST_BLOCKS
    if enough.sum() < 2:
        return {}
    between = max(float(np.var(site_mean[enough], ddof=1) - np.mean(within / blocks[enough])), 0.0)
    shrunk = site_mean * between / np.maximum(between + within / np.maximum(blocks, 1.0), 1e-9)
    return dict(zip(names, shrunk.tolist(), strict=True))
