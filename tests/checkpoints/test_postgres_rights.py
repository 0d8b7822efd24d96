"""Users of a PostgreSQL server who lack rights."""

from __future__ import annotations

import os
import re

import pytest

from pi_tui.errors import StorageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import save_some
from tests.checkpoints.server import Server, name_in


def as_nobody(postgres: Server, url: str, *rights: str) -> str:
    """Create a user with only these rights; return a URL for that user.

    Takes all rights on the schema from other users without special rights, too.
    """
    user = f"u{os.urandom(6).hex()}"
    postgres.execute(f"CREATE ROLE {user} LOGIN")
    for statement in ("REVOKE ALL ON SCHEMA public FROM public", *rights):
        postgres.execute(statement.format(user), url)
    return re.sub(r"//[^/]*/", f"//{user}@/", url)


@pytest.mark.parametrize(
    "rights", [(), ("GRANT USAGE ON SCHEMA public TO {}",)], ids=["none", "to look"]
)
@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("used", [True, False])
def test_postgres_user_without_rights_is_told_to_ask_for_them(
    rights: tuple[str, ...],
    write: bool,
    used: bool,
    postgres: Server,
    postgres_url: str,
    open_store: OpenStore,
) -> None:
    if used:
        with open_store(postgres_url) as store:
            save_some(store)
    url = as_nobody(postgres, postgres_url, *rights)
    with pytest.raises(StorageError, match="ask its owner for the rights") as caught:
        open_store(url, write=write)
    assert caught.value.exit_code == 6


def test_postgres_user_with_read_rights_can_list_the_runs(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    run, _ = save_some(open_store(postgres_url))
    all_tables = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}"
    url = as_nobody(postgres, postgres_url, "GRANT USAGE ON SCHEMA public TO {}", all_tables)
    assert [found.goal for found in open_store(url, write=False).runs()] == [run.goal]


def test_postgres_rejected_login_is_reported_with_the_reason(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    url = as_nobody(postgres, postgres_url)
    postgres.execute(f"REVOKE CONNECT ON DATABASE {name_in(url)} FROM public")
    with pytest.raises(StorageError, match="cannot be used: permission denied for database"):
        open_store(url, write=False)
