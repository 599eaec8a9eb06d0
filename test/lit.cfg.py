# How lit runs the compiler's tests: every .mlir file below is one test.
import os

import lit.formats
from lit.llvm import llvm_config

config.name = "longc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.excludes = ["inputs", "e2e", "fuzz", "golden", "kernels", "lib", "runtime", "scripts"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.longc_obj_root, "test")
config.substitutions.append(("%longc_build", config.longc_obj_root))
config.environment["FILECHECK_OPTS"] = "--dump-input-filter=error"

tools = ["FileCheck", "not", "count", "split-file"]
llvm_config.add_tool_substitutions(config.longc_tools + tools, [config.longc_tools_dir, config.llvm_tools_dir])
