"""One file of routes for each view of the page."""

from fastapi import APIRouter

from bodytwin.web.routes import fields, heart, importing, me, owning, patients, predicting, twins

ROUTERS: tuple[APIRouter, ...] = (
    me.router,
    patients.router,
    importing.router,
    predicting.router,
    heart.router,
    fields.router,
    owning.router,
    twins.router,
)
