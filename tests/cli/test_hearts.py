"""From the image of a heart to its tachycardia, and the lesion that ends it."""

from pathlib import Path

HEART = Path(__file__).parents[2] / "examples" / "data" / "heart" / "ventricles.ply"
SAID = ("--length-unit", "mm", "--turned", "--taken", "2026-03-05T10:15Z", "--scar", "radius 24")
SITE = ("--site", "segment 6", "--draws", "1")


def test_a_heart_is_brought_stimulated_and_shown(terminal):
    brought = terminal.json("image", "Heart A", HEART, "--new", *SAID)
    (patient,) = brought["added"]["patients"]
    assert 140 < sum(brought["volumes_ml"][k] for k in ("healthy", "border", "scar")) < 150
    assert any("made up" in words for words in brought["remarks"])
    page = terminal.folder / "heart.html"
    found = terminal.json("stimulate", patient, *SITE, "--to", page)
    assert found["probability"] == 1.0
    assert 0.0 < found["low"] < 0.5
    (circuit,) = found["circuits"]
    assert circuit["kind"] == "scar-related re-entry"
    assert 300 < circuit["cycle_length_ms"] < 450
    assert not found["control"]["inducible"]
    assert "segment 6" in page.read_text()
    drug = terminal.json("stimulate", patient, *SITE, "--plan", "give flecainide x 10")
    assert drug["plan"] == "give flecainide x 10"
    assert drug["circuits"] == [] or drug["circuits"][0]["cycle_length_ms"] > 400


def test_one_command_goes_from_a_file_to_the_lesion_that_ends_it(terminal):
    words = ("rhythm", HEART, *SAID, *SITE)
    result = terminal.run(*words, home=False)
    assert result.exit_code == 0, result.output
    assert "scar-related re-entry" in result.stdout.lower()
    assert "from none of 1 sites" in result.stdout
    assert "non-inducible from every site" in result.stdout


def test_what_was_not_said_of_a_heart_is_asked_for(terminal):
    unsaid = terminal.run("image", "Heart A", HEART, "--new", "--length-unit", "mm")
    assert unsaid.exit_code == 3
    assert "--taken" in unsaid.stderr
    wrong = terminal.run("image", "Heart A", HEART, "--new", *SAID[:-1], "wide 3")
    assert wrong.exit_code == 3
    assert "radius" in wrong.stderr
    nobody = terminal.run("image", "Nobody", HEART, *SAID)
    assert nobody.exit_code == 5


def test_a_heart_that_comes_again_is_known(terminal):
    plain = SAID[:-2]
    brought = terminal.json("image", "Heart A", HEART, "--new", *plain)
    (patient,) = brought["added"]["patients"]
    again = terminal.json("image", patient, HEART, *plain)
    assert again["added"] == brought["added"] | {"new": 0, "known": 1}
    sinus = terminal.json("pace", patient)
    right = terminal.json("pace", patient, "--site", "RV apex")
    both = terminal.json("pace", patient, "--site", "RV apex", "--site", "segment 11")
    assert sinus["low"] < sinus["qrs_ms"] < sinus["high"]
    assert sinus["qrs_ms"] < both["qrs_ms"] < right["qrs_ms"]
    wrong = terminal.run("stimulate", patient, "--site", "left elbow")
    assert wrong.exit_code == 3
    assert "RV apex" in wrong.stderr


def test_any_point_and_bursts_can_be_asked_for(terminal):
    brought = terminal.json("image", "Heart A", HEART, "--new", *SAID[:-2])
    (patient,) = brought["added"]["patients"]
    burst = ("--protocol", "burst 420 to 400 by 20 x 3", "--draws", "1")
    found = terminal.json("stimulate", patient, "--site", "at 58 19.5 11", *burst)
    (site,) = found["sites"]
    assert site["coupling_intervals_ms"] in ([400.0], [420.0])
    assert "bursts of 3 at 420 to 400 ms" in found["based_on"]
    far = terminal.run("stimulate", patient, "--site", "at 300 0 0", *burst)
    assert far.exit_code == 3
    assert "mm from muscle" in far.stderr
    unread = terminal.run("stimulate", patient, "--protocol", "quickly")
    assert unread.exit_code == 3
    assert "burst" in unread.stderr


POINTS = "ID,X,Y,Z,LAT,Volt\n" + "".join(f"{k},{k},2,3,{5 * k},1.5\n" for k in range(9))
MAPPED = ("--taken", "2026-03-05T10:15Z", "--lat", "LAT", "--time-unit", "ms")


def test_a_map_is_brought_once_and_what_was_not_said_of_it_is_asked_for(terminal):
    patient = terminal.patient()
    file = terminal.file("points.csv", POINTS)
    words = ("map", patient, file, *MAPPED, "--length-unit", "mm", "--rhythm", "sinus")
    found = terminal.json(*words)
    assert found["added"] == {**found["added"], "new": 1, "known": 0, "patients": [patient]}
    (shown,) = found["maps"]
    assert (shown["points"], shown["times"], shown["span_ms"]) == (9, 9, 40.0)
    told = terminal.run(*words)
    assert "9 points, 9 of them with a time, over 40 ms" in told.stdout
    assert "known already" in told.stdout
    for asked in ("--rhythm", "--taken", "--length-unit"):
        at = words.index(asked)
        unsaid = terminal.run(*words[:at], *words[at + 2 :])
        assert unsaid.exit_code == 3
        assert asked.strip("-").split("-")[0] in unsaid.stderr
    assert terminal.run("map", "Nobody", *words[2:]).exit_code == 5


def test_a_map_beside_the_image_is_left_out_of_the_twin_with_the_reason(terminal):
    plain = SAID[:-2]
    (patient,) = terminal.json("image", "Heart A", HEART, "--new", *plain)["added"]["patients"]
    file = terminal.file("points.csv", POINTS)
    words = ("map", patient, file, *MAPPED, "--length-unit", "mm", "--rhythm", "sinus")
    terminal.json(*words)
    shown = terminal.json("personalise", patient, "--twin", "rhythm")
    assert "does not lie in the frame of the image" in str(shown)
