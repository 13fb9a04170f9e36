"""${message}."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision: str = ${repr(up_revision)}
down_revision: str | Sequence[str] | None = ${repr(down_revision)}
branch_labels: str | Sequence[str] | None = ${repr(branch_labels)}
depends_on: str | Sequence[str] | None = ${repr(depends_on)}


def upgrade() -> None:
    """Bring the schema up to this version."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Go back one version: by restoring the backup made before the upgrade."""
    raise NotImplementedError("Restore the backup that was made before the upgrade.")
