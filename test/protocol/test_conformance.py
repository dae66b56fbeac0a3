"""jupyter_kernel_test, every case that applies (the pager is IPython's own)."""

import jupyter_kernel_test as jkt


class TestKernel(jkt.KernelTests):
    kernel_name = "codebook"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "Math.hypo", "matches": {"hypot"}},
        {"text": "[1, 2].toLocaleS", "matches": {"toLocaleString"}},
    ]
    complete_code_samples = ["1", "console.log('hello')", "function f(x: number) { return x * 2 }", "const a = {\n b: 1\n}"]
    incomplete_code_samples = ["console.log('hello'", "function f(x) {", "const a = [1,", "`text"]
    invalid_code_samples = ["const = 1", "function 1() {}"]
    code_generate_error = "throw new Error('on purpose')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "[1, 2, 3].map((x) => x * 2)", "result": "[ 2, 4, 6 ]"},
        {"code": "`${'ab'.toUpperCase()}!`"},
    ]
    code_display_data = [
        {"code": "display(html('<b>bold</b>'))", "mime": "text/html"},
        {"code": "display({ data: { 'image/svg+xml': '<svg/>' } })", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "6 [*] ?"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.sqrt"
    code_clear_output = "clearOutput()"


class TestWelcome(jkt.IopubWelcomeTests):
    kernel_name = "codebook"
    support_iopub_welcome = True


del jkt.KernelTests.test_pager
