"""History that outlives the session."""

from client import Kernel


def history(kernel, **options):
    return kernel.collect(kernel.client.history(**options)).content["history"]


def test_history_outlives_the_session(work_folder):
    with Kernel(cwd=str(work_folder)) as first:
        first.run("const kept = 'across sessions'; kept")
        first.run("'not stored'", store_history=False)
        first.run("'silent'", silent=True)
        first.run("6 * 7")
        (session, line, source) = history(first, hist_access_type="tail", n=1, output=False)[0]
        assert (line, source) == (2, "6 * 7")
    with Kernel(cwd=str(work_folder)) as second:
        assert history(second, hist_access_type="tail", n=2, output=True) == [
            [session, 1, ["const kept = 'across sessions'; kept", "'across sessions'"]],
            [session, 2, ["6 * 7", "42"]],
        ]
        second.run("6 * 8")
        second.run("6 * 8")
        found = history(second, hist_access_type="search", pattern="6 [*] *", output=False)
        assert [entry[2] for entry in found[-3:]] == ["6 * 7", "6 * 8", "6 * 8"]
        unique = history(second, hist_access_type="search", pattern="6 [*] *", unique=True, output=False)
        assert [entry[2] for entry in unique][-2:] == ["6 * 7", "6 * 8"]
        assert history(second, hist_access_type="range", session=session, start=1, stop=2, output=False) == [
            [session, 1, "const kept = 'across sessions'; kept"]
        ]
        assert [entry[2] for entry in history(second, hist_access_type="range", session=0, start=1, output=False)] == [
            "6 * 8",
            "6 * 8",
        ]
