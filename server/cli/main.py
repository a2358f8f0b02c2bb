"""The command `sotay`."""

from importlib.metadata import version

import click

from server.cli import backup, say
from server.cli.accounts import account_group, device_group, enrol_command
from server.cli.areas import areas_group
from server.cli.audit import audit_group
from server.cli.demo import demo
from server.cli.digest import digest_command
from server.cli.doctor import doctor_command
from server.cli.erase import erase_command
from server.cli.init import init
from server.cli.migrate import migrate_command
from server.cli.recount import recount_command
from server.cli.rescue import pin_command, rescue_group
from server.cli.serve import serve, worker
from server.cli.store import copy_store
from server.trouble import sentence


@click.group()
@click.version_option(version("sotay"), message="Sổ Tay %(version)s")
def main() -> None:
    """Sổ Tay: ghi nhận ý kiến ở cơ sở, không cần mạng / Offline-first field reporting for wards."""


for group in (account_group, enrol_command, device_group):
    main.add_command(group)
main.add_command(migrate_command)
main.add_command(serve)
main.add_command(worker)
main.add_command(demo)
main.add_command(digest_command)
main.add_command(erase_command)
main.add_command(audit_group)
main.add_command(areas_group)
main.add_command(recount_command)
main.add_command(rescue_group)
main.add_command(pin_command)
main.add_command(init)
main.add_command(doctor_command)
main.add_command(copy_store)
for command in backup.COMMANDS:
    main.add_command(command)


def entry() -> None:
    """The command: what an operator can mend is said in a sentence, in both languages, without a traceback."""
    try:
        main()
    except Exception as error:
        if (said := sentence(error)) is None:
            raise
        say.stop(said[0], **said[1])
