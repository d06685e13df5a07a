"""The tables, by subject. Import a model from here."""

from sauveterre.casework.models.action import ActionDay, CountryPackage, Measure, Target
from sauveterre.casework.models.audit import AuditEvent
from sauveterre.casework.models.custody import (
    CustodyAct,
    CustodyEvent,
    CustodySignature,
    ExhibitPhoto,
    GivenDigest,
)
from sauveterre.casework.models.exhibit import (
    Content,
    Entry,
    EntryState,
    Exhibit,
    ExhibitKey,
    ExhibitKind,
    Picture,
    Problem,
    Source,
    SourceState,
)
from sauveterre.casework.models.facts import (
    AccountFact,
    AttachmentFact,
    DeliveryFact,
    EventFact,
    Fact,
    GroupFact,
    IdentifierFact,
    LinkFact,
    MessageFact,
    ReactionFact,
    SnapshotFact,
    StoreFact,
)
from sauveterre.casework.models.film import Film, FilmCopy
from sauveterre.casework.models.findings import (
    ClaimedHit,
    ClockSkew,
    Contradiction,
    CountryIndication,
    Finding,
    HashList,
    Hit,
    Membership,
    MergeQuestion,
    ParticipantRole,
    Person,
    RoleInterval,
    Share,
    Stack,
    StackMember,
    StorageSpace,
)
from sauveterre.casework.models.integrity import Crosscheck, IntegrityCheck, Phase
from sauveterre.casework.models.judging import MergeAnswer, StackDecision
from sauveterre.casework.models.operation import Member, Officer, Operation, SignInLink
from sauveterre.casework.models.policy import Confirmation, ListPolicy
from sauveterre.casework.models.referral import Referral, ReferralElement
from sauveterre.casework.models.tally import Change, Tally

__all__ = [
    "AccountFact", "ActionDay", "AttachmentFact", "AuditEvent", "Change", "ClaimedHit", "ClockSkew", "Confirmation",
    "Content",
    "Contradiction", "CountryIndication", "CountryPackage", "Crosscheck", "CustodyAct", "CustodyEvent",
    "CustodySignature", "DeliveryFact", "Entry", "EntryState", "EventFact", "Exhibit", "ExhibitKey", "ExhibitKind",
    "ExhibitPhoto", "Fact", "Film", "FilmCopy", "Finding", "GivenDigest", "GroupFact", "HashList", "Hit",
    "IdentifierFact", "IntegrityCheck", "LinkFact", "ListPolicy", "Measure", "Member", "Membership", "MergeAnswer",
    "MergeQuestion", "MessageFact", "Officer", "Operation", "ParticipantRole", "Person", "Phase", "Picture",
    "Problem", "ReactionFact", "Referral", "ReferralElement", "RoleInterval", "Share", "SignInLink", "SnapshotFact",
    "Source", "SourceState", "Stack", "StackDecision", "StackMember", "StorageSpace", "StoreFact", "Tally",
    "Target",
]  # fmt: skip
