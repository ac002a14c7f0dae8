"""Indices of compiled rules never count from the end of an array.

NumPy lets -1 stand for the last row; to allow for it, compiled code would test the sign of every
index that it cannot prove to be 0 or more. No rule of the model counts from the end except by a
written constant, so other indices are taken for unsigned numbers after types have been inferred.
With ``NUMBA_BOUNDSCHECK=1`` (and a cache of its own) a negative one is an error.
"""

from __future__ import annotations

from typing import Any, ClassVar

from numba import types
from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NativeLowering, NopythonTypeInference


@register_pass(mutates_CFG=False, analysis_only=False)
class UnsignedIndices(FunctionPass):  # type: ignore[misc]
    """Let the types of signed integer indices of arrays be unsigned."""

    _name = "unsigned_indices"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Change the signatures of all reads and writes by index; says whether there were any."""
        changed = False
        for block in state.func_ir.blocks.values():
            reads = block.find_exprs("getitem")
            for place in [*reads, *block.find_insts(ir.SetItem)]:
                signature = state.calltypes[place]
                if signature is not None and isinstance(signature.args[0], types.Array):
                    array, index, *value = signature.args
                    new = signature.replace(args=(array, unsigned(index), *value))
                    del state.calltypes[place]  # numba refuses to write twice
                    state.calltypes[place] = new
                    changed = True
        return changed


def unsigned(index: types.Type) -> types.Type:
    """The type of an index with unsigned numbers for signed ones; others stay."""
    if index == types.intp:
        return types.uintp
    if isinstance(index, types.BaseTuple):
        return types.Tuple([unsigned(one) for one in index])
    return index


class RuleCompiler(CompilerBase):  # type: ignore[misc]
    """numba's compiler, with :class:`UnsignedIndices` after the inference of types."""

    lowering: ClassVar[type] = NativeLowering

    def define_pipelines(self) -> list[Any]:
        """The passes in order."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(UnsignedIndices, NopythonTypeInference)
        passes.passes = [
            (self.lowering if step is NativeLowering else step, meaning)
            for step, meaning in passes.passes
        ]
        passes.finalize()
        return [passes]
