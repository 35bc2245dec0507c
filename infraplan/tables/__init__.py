"""Contracts of the frames: one check a table, every fault at once."""

from infraplan.tables.contracts import check_corridors, check_hosts, check_places, check_villages, check_zones
from infraplan.tables.faults import FaultList, faults_of
from infraplan.tables.registers import check_register
from infraplan.tables.site_contract import check_sites

__all__ = [
    "FaultList",
    "check_corridors",
    "check_hosts",
    "check_places",
    "check_register",
    "check_sites",
    "check_villages",
    "check_zones",
    "faults_of",
]
