"""What each method should make of each weight, by numpy alone.

    python reference.py JOBS.json      one line of JSON a job: {"family", "method", "layers", "wrong": [[name, why], ...]}

A job names a folder, the method, and a file of float32 values that Codebook gave: one tensor after the other, in the order of `layers`. Which
way a weight lies comes from truth.json beside the model, which models.py took from torch's own modules, never from Codebook. Formulas are
those of the docstrings in kernel/quantize and kernel/prune, written anew: every weight is laid out as rows (stack, output) by columns
(input, kernel positions), the formula is applied to the rows, and the result is compared in the weight's own order.
"""

import json
import sys

import numpy as np
from gguf import GGMLQuantizationType, quants
from safetensors import safe_open


def rows_of(values, axes):
    """The weight as (stack, output, columns), and the function that lays such an array back."""
    lists = [axes["stacked"], axes["output"], axes["input"]]
    rest = [axis for axis in range(values.ndim) if not any(axis in one for one in lists)]
    order = [axis for one in lists for axis in one] + rest
    moved = values.transpose(order)
    stack = int(np.prod([values.shape[axis] for axis in axes["stacked"]], dtype=np.int64))
    output = int(np.prod([values.shape[axis] for axis in axes["output"]], dtype=np.int64))
    flat = np.ascontiguousarray(moved).reshape(stack, output, -1)
    return flat, lambda result: result.reshape(moved.shape).transpose(np.argsort(order))


def up_to_half(exact):
    """float64 to float16, upwards."""
    half = exact.astype(np.float16)
    low = half.astype(np.float64) < exact
    half[low] = np.nextafter(half[low], np.float16(np.inf))
    return half.astype(np.float32)


def to_single(exact):
    """float64 to float32, to nearest, and upwards where float32 has few digits left."""
    return np.where(exact < 2.0**-126, np.ceil(exact * 2.0**149) * 2.0**-149, exact).astype(np.float32)


# Scales below this have two bits and less in float16; a weight that has one gets float32 scales.
least_half = 2.0**-22


def four_bits(rows):
    """4 bits in groups of 32, scales in float16 where it holds them all."""
    scales = []

    def rounded(exact):
        scales.append(up_to_half(exact))
        return scales[-1]

    result = in_groups(rows, 32, lambda part: uniform(part, 4, True, rounded))
    if any(((scale > 0) & (scale < least_half)).any() for scale in scales):
        return in_groups(rows, 32, lambda part: uniform(part, 4, True, to_single))
    return result


def uniform(groups, bits, symmetric, round_scale):
    """w' of groups along the last axis."""
    if symmetric:
        high = 2 ** (bits - 1) - 1
        scale = round_scale(np.abs(groups).max(-1, keepdims=True).astype(np.float64) / high)
        zero = np.zeros_like(scale)
        low = -high
    else:
        low, high = 0, 2**bits - 1
        least = np.minimum(groups.min(-1, keepdims=True), 0).astype(np.float64)
        most = np.maximum(groups.max(-1, keepdims=True), 0).astype(np.float64)
        scale = round_scale((most - least) / high)
        with np.errstate(divide="ignore", invalid="ignore"):
            zero = np.where(scale == 0, 0, np.clip(np.rint(-least / scale), 0, high)).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        codes = np.where(scale == 0, zero, np.clip(np.rint(groups / scale) + zero, low, high)).astype(np.float32)
    return scale * (codes - zero)


def in_groups(rows, size, of_group):
    """`of_group` on groups of `size` along the columns; the last one of a row may be shorter."""
    result = np.empty_like(rows)
    for start in range(0, rows.shape[-1], size):
        part = slice(start, min(start + size, rows.shape[-1]))
        result[..., part] = of_group(np.ascontiguousarray(rows[..., part]))
    return result


def keep_largest(rows, counts):
    """Zeros in place of the smallest |w| of each row: `counts` stay; of equal ones the first go."""
    order = np.argsort(np.abs(rows), axis=-1, kind="stable")
    result = rows.copy()
    np.put_along_axis(result, order[..., : rows.shape[-1] - counts], 0, axis=-1)
    return result


def low_rank(rows, rank):
    """The nearest matrices of that rank, one a stack."""
    result = np.empty_like(rows)
    for k, matrix in enumerate(rows.astype(np.float64)):
        u, s, v = np.linalg.svd(matrix, full_matrices=False)
        result[k] = (u[:, :rank] * s[:rank]) @ v[:rank]
    return result


def q8_0(rows):
    return quants.dequantize(
        quants.quantize(rows.reshape(-1, rows.shape[-1]), GGMLQuantizationType.Q8_0), GGMLQuantizationType.Q8_0
    ).reshape(rows.shape)


methods = {
    "8-bit per channel": lambda rows: uniform(rows, 8, True, to_single),
    "8-bit asymmetric per channel": lambda rows: uniform(rows, 8, False, to_single),
    "4-bit g32": four_bits,
    "magnitude 50 % by row": lambda rows: keep_largest(rows, rows.shape[-1] - round_half_up(0.5 * rows.shape[-1])),
    "2:4": lambda rows: in_groups(rows, 4, lambda part: keep_largest(part, min(2, part.shape[-1]))),
    "fan-in 3": lambda rows: keep_largest(rows, min(3, rows.shape[-1])),
    "rank 2": lambda rows: low_rank(rows, 2),
    "Q8_0": q8_0,
}


def round_half_up(count):
    return int(np.floor(count + 0.5))


def check(job):
    with open(f"{job['folder']}/truth.json") as file:
        truth = json.load(file)["tensors"]
    given = np.fromfile(job["values"], np.float32)
    wrong = []
    at = 0
    with safe_open(f"{job['folder']}/model.safetensors", "np") as model:
        for name in job["layers"]:
            values = model.get_tensor(name).astype(np.float32)
            ours = given[at : at + values.size].reshape(values.shape)
            at += values.size
            axes = truth.get(name, {}).get("axes")
            if axes is None:
                wrong.append([name, "torch's module has no such weight"])
                continue
            rows, lay_back = rows_of(values, axes)
            expected = lay_back(methods[job["method"]](rows))
            if job["method"] == "rank 2":
                # Factors are float16; the product is compared, not its parts.
                near = np.linalg.norm(ours - expected) <= 2e-3 * np.linalg.norm(expected) + 1e-12
                if not near:
                    wrong.append([name, f"differs by {np.linalg.norm(ours - expected) / np.linalg.norm(expected):.3g}"])
            elif not np.array_equal(ours, expected):
                wrong.append([name, f"{np.count_nonzero(ours != expected)} of {values.size} weights differ"])
    if at != given.size:
        wrong.append(["", f"{given.size} values for {at} weights"])
    return {"family": job["family"], "method": job["method"], "layers": len(job["layers"]), "wrong": wrong}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        for each in json.load(file):
            print(json.dumps(check(each)))
