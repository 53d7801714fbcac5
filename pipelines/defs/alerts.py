"""Telling people that a run failed: by e-mail, or to a web address; off until the environment says whom to tell.

=================================  ============================================================================
``LOCALITIES_ALERT_WEBHOOK``       https address that takes ``{"text": ...}``, as chat services do
``LOCALITIES_ALERT_TO``            addresses for e-mail, with commas between; needs the three that follow
``LOCALITIES_ALERT_FROM``          sender
``LOCALITIES_SMTP_HOST``           mail server, asked over TLS (port 465)
``LOCALITIES_SMTP_PASSWORD``       of the sender
=================================  ============================================================================

A scheduler that has died fails no run: `localities status --fail-if-older` is for that.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from indicators.errors import ConfigError
from pipelines.sources.addresses import is_secure

WEBHOOK = "LOCALITIES_ALERT_WEBHOOK"
TO, FROM, HOST, PASSWORD = (
    "LOCALITIES_ALERT_TO",
    "LOCALITIES_ALERT_FROM",
    "LOCALITIES_SMTP_HOST",
    "LOCALITIES_SMTP_PASSWORD",
)
SECONDS = 20.0


def alert_sensors(environment: Mapping[str, str]) -> list[dg.SensorDefinition]:
    """Return the sensors that the environment asks for: none, one or both.

    Raises
    ------
    ConfigError
        If what is needed for one is not all there, or the web address is not https.
    """
    sensors = []
    if environment.get(WEBHOOK):
        sensors.append(_webhook(environment[WEBHOOK]))
    if environment.get(TO):
        absent = [name for name in (FROM, HOST, PASSWORD) if not environment.get(name)]
        if absent:
            raise ConfigError(f"{TO} is set, and what sending needs is not", codes=absent, remedy="set them")
        sensors.append(
            dg.make_email_on_run_failure_sensor(
                email_from=environment[FROM],
                email_password=environment[PASSWORD],
                email_to=[one.strip() for one in environment[TO].split(",")],
                email_subject_fn=lambda context: _subject(context),
                email_body_fn=lambda context: f"<pre>{_escaped(_text(context))}</pre>",
                smtp_host=environment[HOST],
                name="tell_by_email",
                default_status=dg.DefaultSensorStatus.RUNNING,
            )
        )
    return sensors


def _webhook(url: str) -> dg.SensorDefinition:
    if not is_secure(url):
        raise ConfigError("Alerts are sent over https only", where=WEBHOOK, remedy="give an https address")

    @dg.run_failure_sensor(
        name="tell_by_webhook",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells a web address that a run failed, and why.",
    )
    def tell_by_webhook(context: dg.RunFailureSensorContext) -> None:
        import requests

        # an address may hold a secret, so an error must not repeat it
        try:
            reply = requests.post(url, json={"text": f"{_subject(context)}\n{_text(context)}"}, timeout=SECONDS)
            status = f"it answered {reply.status_code}" if reply.status_code >= 400 else ""
        except requests.RequestException as error:
            status = f"it could not be reached ({type(error).__name__})"
        if status:
            raise dg.Failure(f"The address in {WEBHOOK} was not told of a failed run: {status}.")

    return tell_by_webhook


def _subject(context: dg.RunFailureSensorContext) -> str:
    return f"localities: {context.dagster_run.job_name} failed"


def _text(context: dg.RunFailureSensorContext) -> str:
    steps = [f"{one.step_key}: {_innermost(one.event_specific_data)}" for one in context.get_step_failure_events()]
    reasons = "\n".join(steps) or str(context.failure_event.message)
    return f"{reasons}\nRun {context.dagster_run.run_id}. What was published before stays."


def _innermost(data: object) -> str:
    """Return the message of the error that began it, without what was wrapped round it."""
    error = getattr(data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    return str(error.message).strip() if error is not None else "no reason was given"


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
