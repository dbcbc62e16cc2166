import os

import pytest
from sqlalchemy import text

from bodytwin.errors import StoreError
from bodytwin.store import open_store, schema
from bodytwin.store.migrate import known_revisions


def test_the_newest_migration_leaves_the_tables_that_the_code_expects(store):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []


def test_the_code_names_the_newest_migration():
    assert max(known_revisions()) == schema.REVISION


def test_a_store_of_a_newer_bodytwin_is_not_touched(tmp_path):
    store = open_store(tmp_path)
    with store.writing() as (connection, _):
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="Update bodytwin"):
        open_store(tmp_path)


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "bodytwin.sqlite").write_bytes(b"not a database at all, but text" * 50)
    with pytest.raises(StoreError):
        open_store(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--home"):
        open_store(tmp_path / "file" / "home")


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense", "sqlite+nothing://"])
def test_an_address_of_another_kind_is_refused(tmp_path, url):
    with pytest.raises(StoreError, match="postgresql"):
        open_store(tmp_path, url=url)


def test_what_is_kept_is_there_when_opened_again(tmp_path, made, house_of):
    store = open_store(tmp_path)
    (patient,) = house_of(store).bring(made.reading(b"a", made.level(0, 1.5))).patients
    store.close()
    again = open_store(tmp_path)
    assert [s.patient for s in house_of(again).summaries()] == [patient]
    again.close()


def test_two_stores_on_one_folder_see_each_other(tmp_path, made, house_of):
    one, two = open_store(tmp_path), open_store(tmp_path)
    house_of(one).bring(made.reading(b"a", made.level(0, 1.5)))
    house_of(two).bring(made.reading(b"b", made.level(1, 2.5)))
    assert house_of(one).summaries()[0].observations == 2
    one.close()
    two.close()


def test_the_folder_is_private(tmp_path):
    open_store(tmp_path / "home").close()
    if os.name == "posix":
        assert (tmp_path / "home").stat().st_mode & 0o077 == 0
