from verification.service.load.run import run, words


def test_readers_and_writers_meet_no_error_and_lose_nothing(tmp_path):
    found = run(tmp_path / "home", 20.0)
    print(words(found))
    assert found.errors == []
    assert found.audit.faults == ()
    assert found.acknowledged
    assert {p: found.held.get(p) for p in found.acknowledged} == found.acknowledged
