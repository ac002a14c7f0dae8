"""Rules that only other rules call are kept as intermediate code.

numba optimises every function together with all that it calls, and makes machine code of it. Most rules
are called by other rules, which take in their code and optimise it again, up to the phase; nobody
ever runs their machine code. So they are kept as numba lowers them, and optimised once, where they
are taken in by a function that is called from outside.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from numba import _dynfunc
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompileResult
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

from agents.indices import RuleCompiler


class IntermediateCode(JITCodeLibrary):  # type: ignore[misc]
    """A function and all that it calls, linked and not optimised, without machine code."""

    def _optimize_final_module(self) -> None:
        """Who takes it in optimises it."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def as_bytes(self) -> bytes:
        """The code, as :meth:`from_bytes` reads it."""
        code: bytes = self._get_module_for_linking().as_bitcode()
        return code

    @classmethod
    def from_bytes(cls, codegen: Any, name: str, code: bytes) -> IntermediateCode:
        """A library that has been kept."""
        library = cls(codegen, name)
        library._shared_module = llvm.parse_bitcode(code)
        library._finalized = True
        return library


@register_pass(mutates_CFG=True, analysis_only=False)
class IntermediateLowering(NativeLowering):  # type: ignore[misc]
    """numba's lowering into such a library."""

    _name = "intermediate_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower, and make the function known to those that call it."""
        state.library = IntermediateCode(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state.cr
        if lowered.env.consts:  # nobody would hand them over
            raise NotImplementedError(f"{state.func_id.func_qualname} needs objects of Python")
        entry = _entry(lowered.fndesc, lowered.env, state.library)
        state.targetctx.insert_user_function(entry, lowered.fndesc, [state.library])
        state.cr = lowered._replace(cfunc=entry)
        return True


def _entry(description: Any, environment: Any, library: IntermediateCode) -> Any:
    """What numba knows the function by; there is no machine code to call."""
    name = description.qualname
    return _dynfunc.make_function(description.lookup_module(), name, "", 0, environment, (library,))


class IntermediateCompiler(RuleCompiler):
    """For rules that only other rules call."""

    lowering = IntermediateLowering


class _Kept(CompileResultCacheImpl):  # type: ignore[misc]
    def check_cachable(self, result: Any) -> bool:
        return True

    def reduce(self, result: Any) -> Any:
        description = result.fndesc
        description.typemap = description.calltypes = (
            None  # as numba does: only lowering reads them
        )
        library = result.library
        return library.name, library.as_bytes(), description, result.environment, result.signature

    def rebuild(self, target: Any, kept: Any) -> Any:
        name, code, description, environment, signature = kept
        library = IntermediateCode.from_bytes(target.codegen(), name, code)
        return CompileResult(
            target_context=target,
            typing_context=target.typing_context,
            library=library,
            environment=environment,
            entry_point=_entry(description, environment, library),
            fndesc=description,
            type_annotation="",
            signature=signature,
            objectmode=False,
            lifted=(),
            typing_error=None,
            call_helper=None,
            metadata=None,
            reload_init=[],
            referenced_envs=[],
        )


class IntermediateCache(FunctionCache):  # type: ignore[misc]
    """numba's cache of one function, for such libraries."""

    _impl_class = _Kept
