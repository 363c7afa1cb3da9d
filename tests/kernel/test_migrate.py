from __future__ import annotations

import subprocess
from collections.abc import Generator
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, text

from steward.kernel import migrate
from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.runtime import Runtime
from tests.support.postgres import Elsewhere, elsewhere
from tests.support.processes import COMMAND, ROOT, environment, serving, steward

_MIGRATIONS = ROOT / "steward" / "migrations"


@pytest.mark.req("PERS-22")
def test_the_models_equal_the_database(house: Runtime) -> None:
    owner = EmbeddedPostgres(house.settings.data_dir).owner_url.set(drivername="postgresql+psycopg")
    engine = create_engine(owner)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        command.check(config)
        for table in ("threads", "messages"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() >= 0  # noqa: S608  # ours
    engine.dispose()


@pytest.mark.slow
@pytest.mark.req("DEPL-02")
@pytest.mark.req("DEPL-06")
def test_migrations_run_again_and_change_nothing(house: Runtime) -> None:
    owner = EmbeddedPostgres(house.settings.data_dir).owner_url
    before = _catalogue(owner.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    for _ in range(2):
        migrate.migrate(owner, with_passwords=False)
    assert (
        _catalogue(owner.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)) == before
    )


def _catalogue(address: str) -> list[tuple[object, ...]]:
    """Every column, policy, right and role, as text."""
    engine = create_engine(address)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT 'column', table_schema || '.' || table_name, column_name, data_type "
                "FROM information_schema.columns WHERE table_schema IN ('public', 'dbos') "
                "UNION ALL SELECT 'policy', tablename, policyname, coalesce(qual, '') FROM pg_policies "
                "UNION ALL SELECT 'right', table_name, grantee, privilege_type "
                "FROM information_schema.table_privileges WHERE table_schema IN ('public', 'dbos') "
                "UNION ALL SELECT 'role', rolname, rolsuper::text, rolbypassrls::text FROM pg_roles ORDER BY 1, 2, 3, 4"
            )
        )
        found = [tuple(row) for row in rows]
    engine.dispose()
    return found


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.req("DEPL-02")
def test_several_processes_migrate_at_once(tmp_path: Path) -> None:
    racing = [
        subprocess.Popen(
            [*COMMAND, "migrate", "--data-dir", str(tmp_path / "data")],
            env=environment(),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in racing:
        said, complaint = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, "The database is up to date.\n"), complaint


@pytest.fixture(scope="module")
def another(house: Runtime) -> Generator[Elsewhere]:
    """Another server; the tests' own has made the system user that it runs as."""
    assert house
    with elsewhere() as found:
        yield found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.req("DEPL-02")
def test_a_database_elsewhere_needs_no_superuser(another: Elsewhere, tmp_path: Path) -> None:
    given = {"STEWARD_DATABASE_URL": another.owner_url, "STEWARD_DATA_DIR": str(tmp_path / "data")}
    racing = [
        subprocess.Popen(
            [*COMMAND, "migrate"],
            env=environment(**given),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in racing:
        said, complaint = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, "The database is up to date.\n"), complaint
    with another.admin("rented") as admin:
        roles = admin.execute(
            "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles "
            "WHERE rolname LIKE 'steward_%' ORDER BY 1"
        ).fetchall()
        owners = admin.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert roles == [("steward_app", False), ("steward_system", False)]
    assert owners == [("landlord",)]

    workspace = steward("workspace", "create", "Ours", **given).stdout.strip()
    key = steward("key", "create", "--workspace", workspace, "--name", "x", **given).stdout.strip()
    with serving(tmp_path / "data", log=tmp_path / "log", STEWARD_DATABASE_URL=another.owner_url) as served:
        headers = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=served.url, headers=headers, timeout=30) as client:
            body = {"messages": [{"role": "user", "content": "pomegranates, please"}], "stream": False}
            answered = client.post("/api/v1/chat", json=body)
            assert answered.status_code == 200, answered.text
            found = client.get("/api/v1/chat/search", params={"q": "pomegranates"}).json()["items"]
            assert answered.json()["thread_id"] in {hit["thread"]["id"] for hit in found}
    assert not (tmp_path / "data" / "postgres").exists(), "no embedded server beside it"
    assert str(make_url(another.owner_url).password) not in (tmp_path / "log").read_text()


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_the_roles_have_passwords_that_follow_from_the_owners(another: Elsewhere) -> None:
    owner = make_url(another.owner_url)
    migrate.migrate(owner, with_passwords=True)

    def enter(role: str, password: str) -> str:
        with psycopg.connect(
            host="127.0.0.1", port=another.port, dbname="rented", user=role, password=password
        ) as connection:
            return connection.info.user

    derived = {role: migrate.role_password(owner, role) for role in ("steward_app", "steward_system")}
    assert len(set(derived.values())) == 2
    for role, password in derived.items():
        assert enter(role, password) == role
        for wrong in ("", owner.password or "", password[:-1]):
            with pytest.raises(psycopg.OperationalError):
                enter(role, wrong)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_roles_that_were_made_by_hand_keep_their_passwords(another: Elsewhere, tmp_path: Path) -> None:
    with another.admin() as admin:
        for role in ("steward_app", "steward_system"):
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            admin.execute(f"{'ALTER' if known else 'CREATE'} ROLE {role} LOGIN PASSWORD 'by hand'".encode())
        admin.execute("CREATE DATABASE second OWNER landlord TEMPLATE template0 ENCODING 'UTF8'")
        admin.execute("GRANT steward_system TO landlord WITH ADMIN OPTION")
    owner = make_url(another.owner_url).set(database="second")
    by_hand = {
        role: owner.set(username=role, password="by hand") for role in ("steward_app", "steward_system")
    }
    given = {
        "STEWARD_DATABASE_URL": owner.render_as_string(hide_password=False),
        "STEWARD_DATABASE_APP_URL": by_hand["steward_app"].render_as_string(hide_password=False),
        "STEWARD_DATABASE_SYSTEM_URL": by_hand["steward_system"].render_as_string(hide_password=False),
        "STEWARD_DATA_DIR": str(tmp_path / "data"),
    }
    made = steward("workspace", "create", "Ours", **given)
    assert made.returncode == 0, made.stderr
    with psycopg.connect(
        host="127.0.0.1", port=another.port, dbname="second", user="steward_app", password="by hand"
    ) as connection:
        row = connection.execute("SELECT count(*) FROM workspaces").fetchone()
    assert row == (0,), "without an actor there is nothing to see"
