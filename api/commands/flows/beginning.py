"""`ringback flows new`: a small flow that passes its checks and tests, to begin with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.flows.folder import shipped_folder, stop

if TYPE_CHECKING:
    from flows.company.company import Company

_FLOW = """\
spec: 1
flow: {name}
title: {title}
languages: [{language}]
start: welcome
# Keys that work at every question. 0 always leads to a person or a mailbox.
keys: {{"0": mailbox, "*": back}}

nodes:
  welcome: {{type: greeting, next: main}}
  main:
    type: menu
    prompt: {{{language}: "{menu}"}}
    no_input: {{{language}: "{no_input}"}}
    no_match: {{{language}: "{no_match}"}}
    options:
      message: {{key: "1", next: mailbox}}
    exits: {{max_attempts: mailbox}}
  mailbox:
    type: voicemail
    queue: {queue}
    prompt: {{{language}: "{leave}"}}
    exits: {{saved: goodbye, empty: goodbye}}
  goodbye: {{type: end, prompt: {{{language}: "{goodbye}"}}}}

tests:
  - name: caller leaves a message and hears by when we call back
    at: "2030-03-05 10:15"
    mock: {{mailbox: "2030-03-05 14:30"}}
    events: [key 1, record 12s]
    expect:
      path: [welcome, main, mailbox, goodbye]
      callback: {{queue: {queue}, by: "2030-03-05 14:30"}}
  - name: silent caller is asked three times, then may leave a message
    at: "2030-03-05 10:15"
    mock: {{mailbox: "2030-03-05 14:30"}}
    events: [silence, silence, silence, record empty]
    expect:
      path: [welcome, main, mailbox, goodbye]
      callback: none
"""

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "menu": "To leave us a message, press 1.",
        "no_input": "Sorry, we did not catch that.",
        "no_match": "Sorry, that is not one of the choices.",
        "leave": "Please leave your name and your message after the tone. The message will be recorded."
        "[ We will call you back {promise.until|by}.]",
        "goodbye": "[We will call you back {promise.until|by}. ]Thank you for calling. Goodbye.",
    },
    "lv": {
        "menu": "Lai atstātu mums ziņu, nospiediet 1.",
        "no_input": "Atvainojiet, mēs nesaņēmām jūsu izvēli.",
        "no_match": "Atvainojiet, šādas izvēles nav.",
        "leave": "Lūdzu, pēc signāla nosauciet savu vārdu un atstājiet ziņu. Ziņa tiks ierakstīta."
        "[ Mēs jums atzvanīsim {promise.until|by}.]",
        "goodbye": "[Mēs jums atzvanīsim {promise.until|by}. ]Paldies par zvanu. Visu labu!",
    },
    "ru": {
        "menu": "Чтобы оставить нам сообщение, нажмите 1.",
        "no_input": "Мы не получили ваш выбор.",
        "no_match": "Извините, такого варианта нет.",
        "leave": "Пожалуйста, после сигнала назовите своё имя и оставьте сообщение. Сообщение будет записано."
        "[ Мы перезвоним вам {promise.until|by}.]",
        "goodbye": "[Мы перезвоним вам {promise.until|by}. ]Спасибо за звонок. До свидания!",
    },
}


def new_flow(
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and _.")],
    folder: Annotated[Path, typer.Argument(help="The folder of company.yaml and flows; made if it is not there.")],
) -> None:
    """Write a small flow with tests of its own, ready to be changed. A folder without company.yaml gets one too."""
    from flows.files.faults import FlowFaults
    from flows.files.fields import SLUG
    from flows.files.flow_file import COMPANY
    from flows.files.loader import COMPANY_FILE, load_company

    if not SLUG.fullmatch(name) or name == COMPANY:
        stop(
            f'"{name}" cannot be the name of a flow: small letters, digits and _, beginning with a letter, at most 40.'
        )
    file, company_file = folder / f"{name}.yaml", folder / COMPANY_FILE
    if file.exists():
        stop(f"{file} is there already. Choose another name.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not company_file.exists():
            company_file.write_text(_company_for(name), "utf-8")
            typer.echo(f"{company_file} written: put your name, hours and numbers into it.")
        company = load_company(company_file.read_text("utf-8"), COMPANY_FILE)
        file.write_text(_flow_for(name, company), "utf-8")
    except FlowFaults as faults:
        stop(f"{faults}\n{file} was not written: correct this first.")
    except OSError as error:
        stop(f"{folder} cannot be written to ({error.strerror}).")
    answers = name in (each.flow for each in company.numbers.values())
    typer.echo(f"{file} written. Hear it: `ringback flows play {folder} {name}`.")
    if not answers:
        typer.echo(
            f'No number leads to it yet: add one under numbers in {company_file}, such as "+37167000001": {name}.'
        )


def _flow_for(name: str, company: Company) -> str:
    language = company.default_language if company.default_language in _WORDS else "en"
    title = name.replace("_", " ").capitalize()
    queue = next(iter(company.queues))
    return _FLOW.format(name=name, title=title, language=language, queue=queue, **_WORDS[language])


def _company_for(name: str) -> str:
    """The company that ships, with every number led to the new flow."""
    text = (shipped_folder() / "company.yaml").read_text("utf-8")
    return re.sub(r"(?m)^numbers: .*$", f"numbers: {{default: {name}}}", text)
