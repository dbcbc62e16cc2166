"""Electroanatomic maps: tables, surfaces with values, openCARP, OpenEP and exports of CARTO 3."""

from bodytwin.importers.electroanatomic.made import Maps, Said
from bodytwin.importers.electroanatomic.read import read

__all__ = ["Maps", "Said", "read"]
