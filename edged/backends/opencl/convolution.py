"""Writes one convolution, its bias, pool and activation as an OpenCL C function.

An item computes four channels of some rows of one band: every position of the pool, the largest of them,
bias, activation. The activation never decreases, so that the pool may come first.
"""

from edged.backends.opencl.designs import rows_per_item
from edged.backends.opencl.plan import LANES, Convolution, Place
from edged.graphs.embedding_layers import LOWEST, SLOPE

_BASE = {"rows": "rows", "state": "state", "scratch": "scratch", "embedding": "result"}


def function(step: Convolution, rows: int, weights: int, bias: int | None, embedding: int) -> str:
    """Return `convolution_<index>(GIVEN, first_band, bands, lane, lanes)`.

    rows: of its answer per item, at most. weights, bias, embedding: where they lie, in elements.
    """
    layer, source = step.layer, step.source
    outputs = layer.weights.shape[0]
    per_item = rows_per_item(step, rows)
    pool_rows, pool_bands = layer.pool
    positions = [(row, band) for row in range(per_item * pool_rows) for band in range(pool_bands)]
    lines = [
        f"void convolution_{step.index}(TAKEN, const int first_band, const int bands, const int lane,",
        "        const int lanes) {",
        f"    for (int item = lane; item < {step.rows // per_item} * bands * {outputs // LANES};"
        " item += lanes) {",
        f"        const int out = item % {outputs // LANES} * {LANES};",
        f"        const int band = first_band + item / {outputs // LANES} % bands;",
        f"        const int row = item / {outputs // LANES} / bands * {per_item};",
        f"        __global const {_type(source)} *in = {_BASE[source.kind]} + {source.start}"
        f" + row * {pool_rows * source.pitch} + band * {pool_bands * source.channels};",
        f"        __global const real *w = weights + {weights} + out;",
        *(f"        float4 {_sum(at)} = (float4)(0.0f);" for at in positions),
        *(_one_channel(step, positions) if source.channels == 1 else _channels(step, positions)),
    ]
    for row in range(per_item):
        members = [(row * pool_rows + more, band) for more in range(pool_rows) for band in range(pool_bands)]
        value = _sum(members[0])
        for member in members[1:]:
            value = f"fmax({value}, {_sum(member)})"
        if bias is not None:
            value = f"{value} + vload4(0, constants + {bias} + out)"
        if layer.activated:
            value = f"active({value})"
        lines += [
            "        {",
            f"            const float4 value = {value};",
            f"            const int at = row + {row};",
        ]
        lines += [f"            {line}" for line in _stores(step, embedding)]
        lines += ["        }"]
    return "\n".join([*lines, "    }", "}", ""])


def _one_channel(step: Convolution, positions: list[tuple[int, int]]) -> list[str]:
    _, _, height, width = step.layer.weights.shape
    outputs, pitch = step.layer.weights.shape[0], step.source.pitch
    lines: list[str] = []
    for tap, (down, right) in enumerate((down, right) for down in range(height) for right in range(width)):
        lines += [f"        {{ const float4 w0 = LOAD4(w + {tap * outputs});"]
        lines += [
            f"        {_sum((row, band))} += in[{(row + down) * pitch + band + right}] * w0;"
            for row, band in positions
        ]
        lines += ["        }"]
    return lines


def _channels(step: Convolution, positions: list[tuple[int, int]]) -> list[str]:
    outputs, channels, height, width = step.layer.weights.shape
    pitch = step.source.pitch
    lines = [f"        for (int c = 0; c < {channels}; c += {LANES}) {{"]
    for tap, (down, right) in enumerate((down, right) for down in range(height) for right in range(width)):
        lines += [f"            {{ __global const real *wc = w + ({tap * channels} + c) * {outputs};"]
        loads = [f"w{lane} = LOAD4(wc + {lane * outputs})" for lane in range(LANES)]
        lines += [f"            const float4 {', '.join(loads)};"]
        for row, band in positions:
            at = (row + down) * pitch + (band + right) * channels
            products = " + ".join(f"x.s{lane} * w{lane}" for lane in range(LANES))
            lines += [
                f"            {{ const float4 x = LOAD4(in + {at} + c); {_sum((row, band))} += {products}; }}"
            ]
        lines += ["            }"]
    return [*lines, "        }"]


def _stores(step: Convolution, embedding: int) -> list[str]:
    """Store one row, and again in the state of the next hop where that keeps it."""
    target = step.target
    if target.kind == "embedding":
        return [f"vstore4(value, 0, result + {embedding} + out);"]
    base, pitch = _BASE[target.kind], target.pitch
    place = f"{target.offset(0)} + band * {target.channels} + out"
    lines = [f"STORE4(value, {base} + {place} + at * {pitch});"]
    if target.history:
        behind = target.rows - target.history
        next_place = f"next_{base} + {place} + (at - {behind + target.history}) * {pitch}"
        if behind >= 0:
            lines += [f"if (at >= {behind}) STORE4(value, {next_place});"]
        else:  # fewer new rows than are kept: older ones move up
            lines += [f"STORE4(value, {next_place});"]
            for row in range(behind, 0):
                older = f"{target.offset(row)} + band * {target.channels} + out"
                moved = f"next_{base} + {older} - {target.rows * pitch}"
                lines += [f"if (at == 0) STORE4(LOAD4({base} + {older}), {moved});"]
    return lines


def _sum(position: tuple[int, int]) -> str:
    return f"sum_{position[0]}_{position[1]}"


def _type(place: Place) -> str:
    return "float" if place.kind == "rows" else "real"


ACTIVATION = f"""
float4 active(const float4 x) {{
    return fmax(fmax(x, {float(SLOPE)}f * x), (float4)({float(LOWEST)}f));
}}
"""
