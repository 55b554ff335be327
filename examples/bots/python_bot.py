"""A bot in Python: no server, no storage. Asks until the cause is found, then names the steps.

python python_bot.py
"""

from oauth_doctor.engine import Doctor, FactError

doctor = Doctor()
print("What is the error message?")
text, facts, unknown = input("> "), {}, set()
while True:
    diagnosis = doctor.diagnose(text, facts)
    question = doctor.ask(text, facts, unknown)
    if question is None or diagnosis.verdict == "diagnosed":
        break
    print(question.text)
    for number, answer in enumerate(question.answers, start=1):
        print(f"  {number}. {answer.label}")
    said = input("> ")
    value = (
        question.answers[int(said) - 1].value if said.isdecimal() and 0 < int(said) <= len(question.answers) else said
    )
    try:
        doctor.diagnose("", {question.fact: value or None})
    except FactError:
        value = ""
    if value:
        facts[question.fact] = value
    else:
        unknown.add(question.fact)
for cause in diagnosis.causes[:1]:
    print(f"{cause.title} ({cause.probability:.0%})")
    for step in cause.steps:
        print(f"- {step.text} ({step.who}, {step.minutes} min)")
