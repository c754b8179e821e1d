"""Who acts today: a person, and the absent Pembina Data for whom they stand in (Plt., Plh.)."""

from collections.abc import Sequence
from dataclasses import replace

from server.journey import Journey
from workflow.dataset import Actor, Deputy
from workflow.labels import day_of
from workflow.sop import Role
from workflow.store import Delegation, Person

EARLIER_ROLES = frozenset({Role.PEMBINA_DATA})
"""Beside these nobody ratifies for another: a person holds one role of the SOP."""


def actor_of(journey: Journey, person: Person) -> Actor:
    today = day_of(journey.clock())
    return acting(journey, person, journey.records.delegations(person=person.id, on=today))


def actors(journey: Journey) -> list[Actor]:
    """Everybody who may sign in, as they act today."""
    given = journey.records.delegations(on=day_of(journey.clock()))
    return [acting(journey, person, given) for person in journey.records.people() if person.active]


def acting(journey: Journey, person: Person, given: Sequence[Delegation]) -> Actor:
    actor = person.as_actor()
    if not actor.roles <= EARLIER_ROLES:
        return actor
    for delegation in (one for one in given if one.person == person.id):
        absent = journey.records.person(delegation.on_behalf_of)
        if absent and Role.PEMBINA_DATA in absent.roles and (kinds := absent.kinds - actor.kinds):
            deputy = Deputy(delegation.capacity, absent.id, kinds, delegation.paper)
            actor = replace(
                actor,
                roles=actor.roles | {Role.PEMBINA_DATA},
                kinds=actor.kinds | kinds,
                stands_in=(*actor.stands_in, deputy),
            )
    return actor
