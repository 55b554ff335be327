"""Ordinary logs of other software: how many of their events, alone and as `scan` joins them, are taken for an OAuth
failure. Invented lines, true to the formats.

python benchmarks/ordinary.py [--lines 300] [--seed 1]
"""

# ruff: noqa: E501 - a log line is a line

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.logs import detect, split_lines
from oauth_doctor.engine.scan.anchors import derive_anchors
from oauth_doctor.engine.scan.judge import Judge

WORDS = [
    "orders",
    "basket",
    "search",
    "billing",
    "mail",
    "index",
    "cache",
    "report",
    "export",
    "image",
    "thumbnail",
    "invoice",
    "contact",
    "calendar",
    "backup",
]
NAMES = ["anna", "ben", "clara", "deniz", "emil", "fatma", "goran", "hana"]


class Dice(random.Random):
    """Random parts of log lines."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.second = 0
        self.turn = 0

    def tick(self) -> tuple[int, int, int]:
        """The next moment of the day."""
        self.second = (self.second + self.randint(0, 9)) % 86_400
        return self.second // 3600, self.second // 60 % 60, self.second % 60

    @property
    def clock(self) -> str:
        return "{:02}:{:02}:{:02}".format(*self.tick())

    @property
    def ip(self) -> str:
        return f"10.{self.randint(0, 255)}.{self.randint(0, 255)}.{self.randint(1, 254)}"

    @property
    def hex(self) -> str:
        return f"{self.getrandbits(64):016x}"

    @property
    def word(self) -> str:
        return self.choice(WORDS)

    @property
    def name(self) -> str:
        return self.choice(NAMES)

    @property
    def port(self) -> int:
        return self.randint(1024, 65_535)


Kind = Callable[[Dice], list[str]]


def system(d: Dice) -> list[str]:
    return [f"May  4 {d.clock} host1 " + line for line in (
        f"systemd[1]: Starting {d.word}.service - {d.word} worker...", f"systemd[1]: {d.word}.service: Main process exited, code=exited, status=1/FAILURE",
        f"systemd[1]: {d.word}.service: Failed with result 'exit-code'.", f"kernel: [{d.randint(1, 99999)}.{d.randint(100000, 999999)}] Out of memory: Killed process {d.port} ({d.word}) total-vm:{d.port}kB",
        f"kernel: usb 1-{d.randint(1, 9)}: device descriptor read/64, error -71", f"CRON[{d.port}]: (root) CMD (/usr/local/bin/{d.word} --quiet)",
        f"dhclient[{d.port}]: DHCPREQUEST for {d.ip} on eth0 to {d.ip} port 67", f"systemd-timesyncd[311]: Timed out waiting for reply from {d.ip}:123 (ntp.example).",
        f"kernel: audit: type=1400 apparmor=\"DENIED\" operation=\"open\" profile=\"/usr/sbin/{d.word}\" name=\"/etc/{d.word}\" pid={d.port}",
    )]  # fmt: skip


def ssh(d: Dice) -> list[str]:
    pid = d.port
    return [f"May  4 {d.clock} bastion sshd[{pid}]: " + line for line in (
        f"Failed password for invalid user {d.name} from {d.ip} port {d.port} ssh2", f"Failed password for root from {d.ip} port {d.port} ssh2",
        f"Connection closed by authenticating user {d.name} {d.ip} port {d.port} [preauth]", f"Accepted publickey for {d.name} from {d.ip} port {d.port} ssh2: ED25519 SHA256:{d.hex}",
        f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={d.ip}  user={d.name}", f"error: maximum authentication attempts exceeded for {d.name} from {d.ip} port {d.port} ssh2 [preauth]",
        "pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)", f"Received disconnect from {d.ip} port {d.port}:11: disconnected by user",
    )]  # fmt: skip


def web(d: Dice) -> list[str]:
    time = f"04/May/2026:{d.clock} +0000"
    return [f'{d.ip} - {who} [{time}] "{method} /{d.word}/{d.randint(1, 9999)}{query} HTTP/1.1" {status} {d.randint(0, 99999)} "-" "Mozilla/5.0"' for who, method, query, status in (
        ("-", "GET", "", 200), ("-", "GET", f"?page={d.randint(1, 99)}&sort=asc", 200), ("-", "POST", "", 201), (d.name, "GET", "", 401), ("-", "GET", "", 404),
        ("-", "GET", "?q=wp-login.php", 403), ("-", "DELETE", "", 500), ("-", "GET", "", 304), ("-", "GET", f"?code={d.randint(100, 999)}", 400), ("-", "GET", "", 502), ("-", "PUT", "", 429),
    )]  # fmt: skip


def nginx_error(d: Dice) -> list[str]:
    return [f"2026/05/04 {d.clock} [{level}] {d.randint(10, 99)}#0: *{d.port} {what}" for level, what in (
        ("error", f'open() "/srv/www/{d.word}.png" failed (2: No such file or directory), client: {d.ip}, server: shop.example, request: "GET /{d.word}.png HTTP/1.1"'),
        ("error", f"connect() failed (111: Connection refused) while connecting to upstream, client: {d.ip}, upstream: \"http://{d.ip}:8080/{d.word}\""),
        ("warn", f"a client request body is buffered to a temporary file /var/lib/nginx/body/{d.port}, client: {d.ip}"),
        ("crit", f"SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: {d.ip}"),
        ("error", f"limiting requests, excess: {d.randint(1, 9)}.{d.randint(100, 999)} by zone \"{d.word}\", client: {d.ip}"),
    )]  # fmt: skip


def postgres(d: Dice) -> list[str]:
    begin = f"2026-05-04 {d.clock}.{d.randint(100, 999)} UTC [{d.port}] "
    return [begin + line for line in (
        f'{d.name}@{d.word} ERROR:  duplicate key value violates unique constraint "{d.word}_pkey"', f"{d.name}@{d.word} DETAIL:  Key (id)=({d.port}) already exists.",
        f'{d.name}@{d.word} FATAL:  password authentication failed for user "{d.name}"', f"LOG:  checkpoint complete: wrote {d.port} buffers (0.{d.randint(1, 9)}%)",
        f'{d.name}@{d.word} ERROR:  relation "{d.word}" does not exist at character 15', f"{d.name}@{d.word} STATEMENT:  SELECT token, scope FROM {d.word} WHERE client = $1",
        f"{d.name}@{d.word} ERROR:  deadlock detected", f"{d.name}@{d.word} FATAL:  too many connections for role \"{d.word}\"", "LOG:  database system is ready to accept connections",
    )]  # fmt: skip


def mysql(d: Dice) -> list[str]:
    return [f"2026-05-04T{d.clock}.{d.randint(100000, 999999)}Z {d.randint(1, 999)} [{level}] [MY-0{d.randint(10000, 99999)}] [Server] {what}" for level, what in (
        ("Note", f"Access denied for user '{d.name}'@'{d.ip}' (using password: YES)"), ("Warning", f"Aborted connection {d.port} to db: '{d.word}' user: '{d.name}' (Got timeout reading communication packets)"),
        ("ERROR", f"Table './{d.word}/{d.word}' is marked as crashed and should be repaired"), ("System", "InnoDB initialization has ended."), ("Note", f"Got an error reading communication packets from {d.ip}"),
    )]  # fmt: skip


def hdfs(d: Dice) -> list[str]:
    block = f"blk_{d.getrandbits(60)}"
    stamp = "260504 {:02}{:02}{:02}".format(*d.tick())
    return [f"{stamp} {d.randint(10, 999)} " + line for line in (
        f"INFO dfs.DataNode$DataXceiver: Receiving block {block} src: /{d.ip}:{d.port} dest: /{d.ip}:50010", f"INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: {d.ip}:50010 is added to {block} size {d.port}",
        f"WARN dfs.DataNode$DataXceiver: {d.ip}:50010:Got exception while serving {block} to /{d.ip}:", f"INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block {block} terminating",
        f"ERROR dfs.DataNode$DataXceiver: writeBlock {block} received exception java.io.IOException: Could not read from stream",
    )]  # fmt: skip


def spark(d: Dice) -> list[str]:
    return [f"26/05/04 {d.clock} " + line for line in (
        f"INFO executor.Executor: Finished task {d.randint(0, 99)}.0 in stage {d.randint(0, 9)}.0 (TID {d.port}). {d.port} bytes result sent to driver", f"WARN scheduler.TaskSetManager: Lost task {d.randint(0, 99)}.0 in stage 1.0 (TID {d.port}, {d.ip}): ExecutorLostFailure",
        f"INFO storage.BlockManager: Found block rdd_{d.randint(1, 99)}_{d.randint(1, 99)} locally", "ERROR executor.CoarseGrainedExecutorBackend: RECEIVED SIGNAL TERM", f"INFO spark.SecurityManager: SecurityManager: authentication disabled; ui acls disabled; users with view permissions: Set({d.name})",
    )]  # fmt: skip


def zookeeper(d: Dice) -> list[str]:
    return [f"2026-05-04 {d.clock},{d.randint(100, 999)} - " + line for line in (
        f"INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181:NIOServerCnxn@1001] - Closed socket connection for client /{d.ip}:{d.port} (no session established for client)", "WARN  [SendWorker:188978561024:QuorumCnxManager$SendWorker@679] - Interrupted while waiting for message on queue",
        f"INFO  [/{d.ip}:3888:QuorumCnxManager$Listener@493] - Received connection request /{d.ip}:{d.port}", "WARN  [NIOServerCxn.Factory:NIOServerCnxn@349] - caught end of stream exception", f"INFO  [SessionTracker:ZooKeeperServer@325] - Expiring session 0x{d.hex}, timeout of 10000ms exceeded",
    )]  # fmt: skip


def windows(d: Dice) -> list[str]:
    return [f"2026-05-04 {d.clock}, {line}" for line in (
        f"Info                  CBS    Session: {d.port}_{d.port} initialized by client WindowsUpdateAgent.", "Error                 CSI    0000000a (F) STATUS_OBJECT_NAME_NOT_FOUND #123# from Windows::Rtl::SystemImplementation",
        f"Warning               Microsoft-Windows-Security-Auditing    An account failed to log on. Account Name: {d.name} Failure Reason: Unknown user name or bad password. Status: 0xC000006D Sub Status: 0xC000006A",
        "Info                  Service Control Manager    The Windows Update service entered the stopped state.", "Error                 DCOM    The server {4991D34B-80A1-4291-83B6-3328366B9097} did not register with DCOM within the required timeout.",
    )]  # fmt: skip


def android(d: Dice) -> list[str]:
    return [f"05-04 {d.clock}.{d.randint(100, 999)}  {d.randint(1000, 9999)}  {d.randint(1000, 9999)} {line}" for line in (
        f"I ActivityManager: Start proc {d.port}:com.example.{d.word}/u0a{d.randint(1, 99)} for service", "W WindowManager: Failed looking up window", "E AndroidRuntime: java.lang.NullPointerException: Attempt to invoke virtual method on a null object reference",
        f"D PowerManagerService: acquire lock={d.port}, flags=0x1, tag=\"*job*/com.example.{d.word}\", uid=1000", "W System.err: java.net.SocketTimeoutException: failed to connect after 10000ms", "E BatteryExternalStatsWorker: no controller energy info supplied",
    )]  # fmt: skip


def kubernetes(d: Dice) -> list[str]:
    return [f"{level}0504 {d.clock}.{d.randint(100000, 999999)}       1 {line}" for level, line in (
        ("I", f"reconciler.go:224] operationExecutor.VerifyControllerAttachedVolume started for volume \"{d.word}\" pod \"{d.word}-{d.hex[:5]}\""), ("E", f"pod_workers.go:965] Error syncing pod {d.hex}, skipping: failed to \"StartContainer\" for \"{d.word}\" with CrashLoopBackOff: \"back-off 5m0s restarting failed container\""),
        ("W", f"reflector.go:424] failed to list *v1.ConfigMap: configmaps is forbidden: User \"system:node:{d.word}\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"{d.word}\""), ("E", "kuberuntime_image.go:51] Failed to pull image \"registry.example/app:latest\": rpc error: code = NotFound desc = manifest unknown"),
        ("I", f"event.go:291] \"Event occurred\" object=\"default/{d.word}\" kind=\"Deployment\" reason=\"ScalingReplicaSet\""), ("E", f"leaderelection.go:330] error retrieving resource lock kube-system/{d.word}: Get \"https://{d.ip}:6443/api\": dial tcp {d.ip}:6443: connect: connection refused"),
    )]  # fmt: skip


def mail(d: Dice) -> list[str]:
    queue = d.hex[:10].upper()
    return [f"May  4 {d.clock} mx1 postfix/{line}" for line in (
        f"smtpd[{d.port}]: connect from unknown[{d.ip}]", f"smtp[{d.port}]: {queue}: to=<{d.name}@shop.example>, relay=mail.shop.example[{d.ip}]:25, delay=1.2, dsn=5.1.1, status=bounced (host mail.shop.example said: 550 5.1.1 User unknown (in reply to RCPT TO command))",
        f"smtpd[{d.port}]: warning: unknown[{d.ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", f"cleanup[{d.port}]: {queue}: message-id=<{d.hex}@shop.example>", f"qmgr[811]: {queue}: from=<{d.name}@shop.example>, size={d.port}, nrcpt=1 (queue active)",
        f"smtpd[{d.port}]: NOQUEUE: reject: RCPT from unknown[{d.ip}]: 454 4.7.1 <{d.name}@other.example>: Relay access denied; from=<x@y.example> proto=ESMTP", f"smtp[{d.port}]: {queue}: to=<{d.name}@slow.example>, status=deferred (connect to slow.example[{d.ip}]:25: Connection timed out)",
    )]  # fmt: skip


def openstack(d: Dice) -> list[str]:
    return [f"nova-compute.log.1 2026-05-04 {d.clock}.{d.randint(100, 999)} 2931 {line}" for line in (
        f"INFO nova.compute.manager [req-{d.hex}] [instance: {d.hex}] VM Started (Lifecycle Event)", f"WARNING nova.virt.libvirt.imagecache [-] Unknown base file: /var/lib/nova/instances/_base/{d.hex}", f"ERROR nova.compute.manager [instance: {d.hex}] Build of instance aborted: Failed to allocate the network(s), not rescheduling.",
    )]  # fmt: skip


def java_app(d: Dice) -> list[str]:
    begin = f"2026-05-04 {d.clock},{d.randint(100, 999)}"
    return [
        f"{begin} INFO  [main] c.s.{d.word}.Service - {d.word} {d.port} stored for {d.name}", f"{begin} ERROR [pool-1-thread-{d.randint(1, 9)}] c.s.{d.word}.Job - job failed", "java.lang.IllegalStateException: unexpected state",
        f"\tat com.shop.{d.word}.Job.run(Job.java:{d.randint(1, 99)})", "\tat java.base/java.lang.Thread.run(Thread.java:1583)", "Caused by: java.sql.SQLTimeoutException: timeout after 30000 ms", f"\tat com.shop.{d.word}.Dao.load(Dao.java:{d.randint(1, 99)})", "\t... 3 more",
        f"{begin} WARN  [http-{d.randint(1, 9)}] c.s.web.Filter - session {d.hex} expired", f"{begin} DEBUG [http-{d.randint(1, 9)}] o.s.w.s.DispatcherServlet - Completed 404 NOT_FOUND", f"{begin} WARN  [http-2] c.s.web.Validator - Validation failed: field 'scope' must not be empty",
    ]  # fmt: skip


def json_app(d: Dice) -> list[str]:
    time = f"2026-05-04T{d.clock}Z"
    return [json.dumps(record) for record in (
        {"time": time, "level": "info", "msg": "request completed", "req": {"id": d.hex, "method": "GET", "url": f"/{d.word}"}, "res": {"statusCode": 200}, "responseTime": d.randint(1, 99)},
        {"time": time, "level": "error", "msg": f"cannot write {d.word}", "err": {"type": "Error", "message": "ENOSPC: no space left on device", "code": "ENOSPC", "stack": "Error: ENOSPC\n    at Object.writeSync (node:fs:925:3)"}},
        {"time": time, "level": "warn", "msg": "rate of cache misses is high", "cache": d.word, "misses": d.port}, {"time": time, "level": "info", "msg": "user updated profile", "user": d.name, "state": "ACTIVE"},
        {"time": time, "level": "error", "msg": "payment declined", "error": "card_expired", "status": 402, "order": d.port}, {"time": time, "level": "warn", "msg": "invalid request", "error": "validation_failed", "fields": ["email"], "status": 422},
    )]  # fmt: skip


def go_app(d: Dice) -> list[str]:
    time = f"2026-05-04T{d.clock}Z"
    return [f"time={time} level={level} {rest}" for level, rest in (
        ("info", f'msg="http request" method=GET path=/{d.word} status=200 duration={d.randint(1, 99)}ms'), ("error", f'msg="query failed" component={d.word} err="context deadline exceeded"'), ("warn", f'msg="retrying" attempt={d.randint(1, 5)} err="read tcp {d.ip}:{d.port}->{d.ip}:5432: read: connection reset by peer"'),
        ("error", f'msg="parse failed" file={d.word}.yaml err="yaml: line {d.randint(1, 99)}: did not find expected key"'), ("info", f'msg="token bucket refilled" bucket={d.word} tokens={d.randint(1, 99)}'),
    )]  # fmt: skip


def proxifier(d: Dice) -> list[str]:
    return [f"[05.04 {d.clock}] {line}" for line in ("chrome.exe - proxy.example:5070 open through proxy proxy.example:5070 HTTPS", f"chrome.exe - proxy.example:5070 close, {d.port} bytes sent, {d.port} bytes received, lifetime 00:17", "outlook.exe - imap.example:993 error : Could not connect through proxy proxy.example:5070 - Proxy server cannot establish a connection with the target, status code 407")]  # fmt: skip


def redis(d: Dice) -> list[str]:
    return [f"{d.port}:M 04 May 2026 {d.clock}.{d.randint(100, 999)} {line}" for line in (f"* {d.randint(1, 99)} changes in 300 seconds. Saving...", "# WARNING overcommit_memory is set to 0!", "* Background saving terminated with success", f"# Error registering fd event for the new client: Numerical result out of range (fd={d.port})", "# Client closed connection: AUTH failed: WRONGPASS invalid username-password pair or user is disabled.")]  # fmt: skip


def kafka(d: Dice) -> list[str]:
    return [f"[2026-05-04 {d.clock},{d.randint(100, 999)}] {line}" for line in (f"INFO [GroupCoordinator {d.randint(1, 9)}]: Preparing to rebalance group {d.word} in state PreparingRebalance with old generation {d.port} (kafka.coordinator.group.GroupCoordinator)", f"WARN [Consumer clientId={d.word}-1, groupId={d.word}] Offset commit failed on partition {d.word}-0 at offset {d.port}: The coordinator is not aware of this member. (org.apache.kafka.clients.consumer.internals.ConsumerCoordinator)", "ERROR Error while accepting connection (kafka.network.Acceptor)", f"INFO [SocketServer] Failed authentication with /{d.ip} (SSL handshake failed) (org.apache.kafka.common.network.Selector)")]  # fmt: skip


def build(d: Dice) -> list[str]:
    return [f"[INFO] Building {d.word} 1.{d.randint(0, 9)}", f"[WARNING] {d.word}: unused dependency declared", "[ERROR] COMPILATION ERROR :", f"[ERROR] /src/{d.word}/Main.java:[{d.randint(1, 99)},{d.randint(1, 99)}] cannot find symbol", "npm ERR! code ERESOLVE", f"npm ERR! ERESOLVE unable to resolve dependency tree for {d.word}@1.0.0", f"error TS2304: Cannot find name '{d.word}'.", "make: *** [Makefile:12: all] Error 2"]  # fmt: skip


MESSAGES = [
    line
    for line in (Path(__file__).parent / "ordinary_messages.txt").read_text().splitlines()
    if not line.startswith("#")
]


def applications(dice: Dice) -> Iterator[str]:
    """Messages of all kinds of applications, each in its turn."""
    hour, minute, second = dice.tick()
    dice.turn += 1
    yield f"2026-05-04 {hour:02}:{minute:02}:{second:02} ERROR {MESSAGES[dice.turn % len(MESSAGES)]}"


KINDS: dict[str, Kind] = {kind.__name__: kind for kind in (
    system, ssh, web, nginx_error, postgres, mysql, hdfs, spark, zookeeper, windows, android, kubernetes, mail, openstack, java_app, json_app, go_app, proxifier, redis, kafka, build,
    applications,
)}  # fmt: skip


def lines(kind: str, count: int, seed: int = 1) -> list[str]:
    """`count` lines of one software; the same seed gives the same lines."""
    dice = Dice(seed)
    result: list[str] = []
    while len(result) < count:
        result += KINDS[kind](dice)
    return result[:count]


def false_diagnoses(judge: Judge, kind: str, count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Cause and text of every event of a log that is taken for a failure."""
    data = "\n".join(lines(kind, count, seed)).encode()
    events = list(detect(data).events(split_lines([data]), kind))
    for text in dict.fromkeys(event.text for event in events):
        diagnosis = judge(text, {})
        if diagnosis.verdict == "diagnosed":
            yield diagnosis.causes[0].id, text


def false_groups(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Cause and template of every group that `scan` reports for a folder with a file of every kind."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            (Path(folder) / f"{kind}.log").write_text("\n".join(lines(kind, count, seed)) + "\n")
        command = [sys.executable, "-m", "oauth_doctor.cli.main", "scan", folder, "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    if found["totals"]["files"] != len(KINDS) or found["totals"]["lines"] != count * len(KINDS):
        raise SystemExit(f"scan did not read everything: {found['totals']} {done.stderr}")
    for group in found["groups"]:
        yield group["cause"], group["template"]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    doctor = Doctor()
    judge = Judge(doctor, derive_anchors(doctor.knowledge))
    wrong = 0
    for kind in KINDS:
        for cause, text in false_diagnoses(judge, kind, arguments.lines, arguments.seed):
            wrong += 1
            print(f"{kind}: {cause}: {text[:200]!r}")
    for cause, template in false_groups(arguments.lines, arguments.seed):
        wrong += 1
        print(f"scan: {cause}: {template[:200]!r}")
    print(f"{len(KINDS)} kinds of software, {arguments.lines} lines each")
    report("false diagnoses (0 allowed; ratio to 1)", float(wrong), 1, "")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
