"""Writes the mel frames of a step as OpenCL C: the power of every bin, then bands, logarithm and clip.

As on the CPU: per step and never for more than a hop, since the clip is 80 dB below the loudest cell *of the
step*; 16-bit scale; of a first hop five frames are new and three rest at 1.0.
"""

from edged.backends.opencl.arguments import ANSWER, FIRST, GIVEN, MEL
from edged.backends.opencl.plan import LANES, Place
from edged.backends.opencl.weights import Weights
from edged.geometry import FIRST_MEL_FRAMES, MEL_BINS, MEL_HOP, MEL_PER_HOP, MEL_REST, STEP_SAMPLES
from edged.graphs.mel_filters import CLIP_DB, FLOOR, WINDOW

POWER_GROUP = 64

PARTS = 3
"""Sums that an item adds up side by side: shorter ones are closer to the truth, and need not wait."""


def power_items(bins: int) -> int:
    """Return the work-items of `power`: four bins of one frame each, in whole groups."""
    return -(-MEL_PER_HOP * (bins // LANES) // POWER_GROUP) * POWER_GROUP


def power(found: Weights) -> str:
    """Return the kernel `power`."""
    quads = found.bins // LANES
    parts = PARTS if found.taps % PARTS == 0 else 1
    length = found.taps // parts
    sums = range(parts)
    declare = ", ".join(f"re{part} = (float4)(0.0f), im{part} = (float4)(0.0f)" for part in sums)
    adding = "\n".join(
        f"""        {{
            const float x = (float)in[n + {part * length}];
            __global const float *wave = dft + (n + {part * length}) * {2 * found.bins};
            re{part} += x * vload4(0, wave);
            im{part} += x * vload4(0, wave + {found.bins});
        }}"""
        for part in sums
    )
    re, im = (" + ".join(f"{name}{part}" for part in sums) for name in ("re", "im"))
    return f"""
__kernel void power(TAKEN) {{
    const int item = get_global_id(0);
    if (item >= {MEL_PER_HOP * quads} || sound[{STEP_SAMPLES}] == {GIVEN}) return;
    const int bin = item % {quads} * {LANES}, frame = item / {quads};
    __global const short *in = sound + frame * {MEL_HOP} + {WINDOW.start};
    __global const float *dft = constants + {found.dft} + bin;
    float4 {declare};
    for (int n = 0; n < {length}; n++) {{
{adding}
    }}
    const float4 re = {re}, im = {im};
    vstore4(re * re + im * im, 0, result + {ANSWER} + frame * {found.bins} + bin);
}}
"""


def bands(found: Weights, rows: Place, group: int) -> str:
    """Return `mel_frames(GIVEN, most, lane)`, run by one work-group; `most` holds a float per item."""
    resting = (MEL_PER_HOP - FIRST_MEL_FRAMES) * MEL_BINS
    first_kept, next_hop = rows.rows - rows.history, rows.offset(-rows.rows)
    return f"""
void mel_frames(TAKEN, __local float *most, const int lane) {{
    const int kind = sound[{STEP_SAMPLES}], resting = kind == {FIRST} ? {resting} : 0;
    float loudest = -INFINITY;
    for (int cell = lane; cell < {MEL} && kind != {GIVEN}; cell += {group}) {{
        const int band = cell % {MEL_BINS};
        __global const float *bin = result + {ANSWER} + cell / {MEL_BINS} * {found.bins}
            + (int)constants[{found.mel_first} + band];
        float sum = 0.0f;
        for (int n = 0; n < {found.mel_width}; n++)
            sum += bin[n] * constants[{found.mel} + band * {found.mel_width} + n];
        const float value = log(fmax(sum, {FLOOR}f)) * (1.0f / M_LN10_F) + 2.0f;
        result[cell] = value;
        if (cell >= resting) loudest = fmax(loudest, value);
    }}
    most[lane] = loudest;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_ = {group // 2}; half_ > 0; half_ /= 2) {{
        if (lane < half_) most[lane] = fmax(most[lane], most[lane + half_]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }}
    const float least = most[0] - {CLIP_DB / 10.0}f;
    for (int cell = lane; cell < {MEL}; cell += {group}) {{
        const int frame = cell / {MEL_BINS}, band = cell % {MEL_BINS};
        float value = result[cell];
        if (kind != {GIVEN}) value = cell < resting ? {MEL_REST}f : fmax(value, least);
        result[cell] = value;
        rows[{rows.offset(0)} + frame * {rows.pitch} + band] = value;
        if (frame >= {first_kept}) next_rows[{next_hop} + frame * {rows.pitch} + band] = value;
    }}
}}
"""
