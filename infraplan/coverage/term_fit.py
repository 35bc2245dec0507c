"""Least squares with bounds from sums by mast, and the error on masts that are left out: a term costs no second look at the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Floats, Ints

FOLDS = 10
LEAST_GAIN_DB = 0.01
"""A term is kept where it lowers the error on masts left out by at least this, and in more than half of the folds (ours). [dB]"""
RIDGE = 1e-9


@dataclass(frozen=True)
class Term:
    """Columns of the design that belong together, with the bounds of their coefficients; `base`: a term that is always there."""

    name: str
    columns: Ints
    low: float = -np.inf
    high: float = np.inf
    base: bool = False


@dataclass(frozen=True)
class Sums:
    """Sums of squares and products by fold: X'X, X'y, y'y, rows."""

    gram: Floats
    product: Floats
    square: Floats
    rows: Floats

    @classmethod
    def of(cls, design: Floats, level: Floats, fold: Ints, folds: int) -> Sums:
        """The sums of each fold."""
        some = [np.flatnonzero(fold == k) for k in range(folds)]
        return cls(
            np.stack([design[s].T @ design[s] for s in some]), np.stack([design[s].T @ level[s] for s in some]),
            np.array([level[s] @ level[s] for s in some]), np.array([float(len(s)) for s in some]),
        )  # fmt: skip


def folds_of(masts: Sequence[str], folds: int = FOLDS) -> Ints:
    """The fold of each row by its mast: masts in the order of a hash of their names, dealt out in turn; no order of rows matters."""
    names = sorted(set(masts), key=lambda name: hashlib.blake2b(name.encode(), digest_size=8).digest())
    number = {name: k % min(folds, len(names)) for k, name in enumerate(names)}
    return np.array([number[name] for name in masts], np.int64)


def bounded(gram: Floats, product: Floats, low: Floats, high: Floats) -> Floats:
    """Coefficients of least error within bounds: those beyond a bound are put on it, one after the other, and the others fitted again."""
    count = len(product)
    value, free = np.zeros(count), np.ones(count, bool)
    scale = RIDGE * max(float(np.trace(gram)) / max(count, 1), 1e-12)
    for _ in range(count + 1):
        rest = product - gram[:, ~free] @ value[~free]
        value[free] = np.linalg.solve(gram[np.ix_(free, free)] + scale * np.eye(int(free.sum())), rest[free])
        beyond = np.where(free, np.maximum(value - high, low - value), 0.0)
        if beyond.max(initial=0.0) <= 1e-12:
            break
        worst = int(beyond.argmax())
        value[worst], free[worst] = float(np.clip(value[worst], low[worst], high[worst])), False
    return value


def fitted(sums: Sums, terms: Sequence[Term], columns: int, without: int = -1) -> Floats:
    """Coefficients of the columns of some terms, 0 of all others; `without`: a fold that is left out."""
    used = np.concatenate([term.columns for term in terms])
    low, high = (np.concatenate([np.full(len(term.columns), getattr(term, side)) for term in terms]) for side in ("low", "high"))
    part = np.arange(len(sums.rows)) != without
    gram, product = sums.gram[part].sum(axis=0), sums.product[part].sum(axis=0)
    found = np.zeros(columns)
    found[used] = bounded(gram[np.ix_(used, used)], product[used], low, high)
    return found


def left_out_squares(sums: Sums, terms: Sequence[Term], columns: int) -> Floats:
    """Sum of squared errors of each fold, fitted on the others."""
    errors = np.empty(len(sums.rows))
    for k in range(len(errors)):
        b = fitted(sums, terms, columns, without=k)
        errors[k] = max(sums.square[k] - 2.0 * b @ sums.product[k] + b @ sums.gram[k] @ b, 0.0)
    return errors


def rms_of(squares: Floats, sums: Sums) -> float:
    """Root mean square error over all folds. [dB]"""
    return float(np.sqrt(squares.sum() / sums.rows.sum()))


def choose_terms(sums: Sums, terms: Sequence[Term], columns: int) -> tuple[list[Term], list[tuple[str, float, float, bool]]]:
    """Terms that lower the error on masts left out, the best first; and of each term its error, its gain and whether it is kept.

    Those not kept have the error they would leave beside the kept ones.
    """
    kept = [term for term in terms if term.base]
    rest = [term for term in terms if not term.base]
    errors = left_out_squares(sums, kept, columns)
    story = [("constant", rms_of(errors, sums), 0.0, True)]
    while rest:
        tried = [left_out_squares(sums, [*kept, term], columns) for term in rest]
        before = rms_of(errors, sums)
        best = int(np.argmin([found.sum() for found in tried]))
        gain = before - rms_of(tried[best], sums)
        if gain < LEAST_GAIN_DB or (tried[best] < errors).mean() <= 0.5:
            story += [
                (term.name, rms_of(found, sums), before - rms_of(found, sums), False) for term, found in zip(rest, tried, strict=True)
            ]
            break
        errors = tried[best]
        story.append((rest[best].name, rms_of(errors, sums), gain, True))
        kept.append(rest.pop(best))
    return kept, story
