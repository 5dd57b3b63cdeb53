"""Writes the program of one choice: every size is a constant, so that the compiler unrolls what it can."""

from edged.backends.opencl import mel
from edged.backends.opencl.arguments import ARGUMENTS, MEL
from edged.backends.opencl.convolution import ACTIVATION, function
from edged.backends.opencl.designs import Choice, Launch, launches
from edged.backends.opencl.plan import Plan
from edged.backends.opencl.weights import Weights

# half is storage alone: the vload_half and vstore_half of OpenCL's core need no extension
_REALS = {
    "fp32": """
typedef float real;
#define LOAD4(p) vload4(0, p)
#define STORE4(v, p) vstore4(v, 0, p)
""",
    "fp16": """
typedef half real;
#define LOAD4(p) vload_half4(0, p)
#define STORE4(v, p) vstore_half4(v, 0, p)
""",
}


def source(plan: Plan, found: Weights, choice: Choice, precision: str) -> str:
    """Return the OpenCL C of a program."""
    taken = ", ".join(f"{kind}{name}" for kind, name in ARGUMENTS)
    given = ", ".join(name for _, name in ARGUMENTS)
    work = launches(plan, choice)
    parts = [_REALS[precision], f"#define TAKEN {taken}\n#define GIVEN {given}\n", ACTIVATION]
    if choice.mel == "device":
        group = next(launch.group for launch in work if launch.mel)
        parts += [mel.power(found), mel.bands(found, plan.rows, group)]
    parts += [
        function(step, choice.rows, found.convolutions[step.index], found.biases[step.index], MEL)
        for step in plan.convolutions
    ]
    return "\n".join([*parts, *(_kernel(launch, choice) for launch in work)])


def _kernel(launch: Launch, choice: Choice) -> str:
    lines = [f"__kernel __attribute__((reqd_work_group_size({launch.group}, 1, 1)))"]
    lines += [f"void {launch.name}(TAKEN) {{"]
    fence = "    barrier(CLK_GLOBAL_MEM_FENCE);"
    if launch.mel:
        lines += [f"    __local float most[{launch.group}];", "    mel_frames(GIVEN, most, get_local_id(0));"]
        lines += [fence] if launch.convolutions else []
    for number, step in enumerate(launch.convolutions):
        lines += [fence] if number else []
        if choice.design == "layered":
            share = f"0, {step.bands}, get_global_id(0), get_global_size(0)"
        else:
            bands = step.bands // launch.groups
            share = f"get_group_id(0) * {bands}, {bands}, get_local_id(0), {launch.group}"
        lines += [f"    convolution_{step.index}(GIVEN, {share});"]
    return "\n".join([*lines, "}", ""])
