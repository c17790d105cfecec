"""The player's endpoint: set the clock, list Urls, ask for the truth, script a test's word."""

from sandbox import truth
from sandbox.clock import instant, written
from sandbox.dns import asked
from sandbox.ledger import Ledger
from sandbox.little_http import Request, Response
from sandbox.scene import Scene, UnknownInWorld
from sandbox.world import items, key_of


class Control:
    """`/clock /world /urls /truth /script /ledger /questions /connections`, all JSON."""

    def __init__(self, scene: Scene, ledger: Ledger) -> None:
        self.scene = scene
        self.ledger = ledger
        self.web_port = 80
        self._locations: dict[str, str] = {}

    async def handle(self, request: Request) -> Response:
        """One request; bad values answer 400 with the reason."""
        match request.method, request.path:
            case "PUT", "/clock":
                return self._set_clock(request)
            case "GET", "/clock":
                return Response(200, self._clock())
            case "GET", "/world":
                return Response(200, truth.world(self.scene))
            case "GET", "/urls":
                return self._urls(request)
            case "GET", "/truth":
                return self._truth(request)
            case "POST", "/script":
                return self._script(request)
            case "GET", "/ledger":
                return Response(200, self.ledger.document())
            case "GET", "/questions":
                return Response(200, self._questions())
            case "GET", "/connections":
                counts = {name: self.scene.connections[name] for name in SERVICES}
                return Response(200, counts)
            case _:
                return Response(404, {"error": "no such thing", "paths": PATHS})

    def _clock(self) -> dict[str, object]:
        clock = self.scene.clock
        return {"now": written(clock.now()), "simulated": clock.set_to is not None}

    def _set_clock(self, request: Request) -> Response:
        document = request.json()
        now = document.get("now") if isinstance(document, dict) else None
        self.scene.set_clock(instant(now) if isinstance(now, str) else None)
        return Response(200, self._clock())

    def _questions(self) -> dict[str, object]:
        """What registries were asked and what they answered; then DNS, its last questions."""
        names = ("registry", "kind", "what", "status")
        every = [*self.scene.questions, *map(asked, self.scene.packets)]
        return {"items": [dict(zip(names, one, strict=True)) for one in every]}

    def _urls(self, request: Request) -> Response:
        """`count`, `seed`; `from` and `to` spread received_at; `provider`, `character` choose."""
        query = request.query
        period = None
        if "from" in query and "to" in query:
            period = instant(query["from"]), instant(query["to"])
        providers = set(filter(None, query.get("provider", "").split(",")))
        characters = set(filter(None, query.get("character", "").split(",")))
        hosts = [
            host
            for host in self.scene.hosts.values()
            if host.dns == "ok"
            and host.domain != "trouble.test"
            and (not providers or host.provider in providers)
            and (not characters or self.scene.characters[host.provider].name in characters)
        ]
        if not hosts:
            return Response(400, {"error": "no host of the world is meant"})
        rows = []
        for item in items(
            hosts, int(query.get("count", "500")), int(query.get("seed", "1")), period
        ):
            rows.append(item.row(self.web_port))
            self.scene.known[item.key] = None
            self._locations[item.key] = str(rows[-1]["url"])
        return Response(200, {"items": rows})

    def _truth(self, request: Request) -> Response:
        """Of one `url`, or of all that were listed, scripted or named in a notice."""
        if "url" in request.query:
            told = truth.of(self.scene, key_of(request.query["url"]))
            return Response(200, told) if told else Response(404, {"error": "no such host"})
        every = {
            self._locations.get(key, self._location(key)): told
            for key in self.scene.known
            if (told := truth.of(self.scene, key)) is not None
        }
        return Response(200, every)

    def _location(self, key: str) -> str:
        host, _, target = key.partition("/")
        return f"http://{host}{'' if self.web_port == 80 else f':{self.web_port}'}/{target}"

    def _script(self, request: Request) -> Response:
        """One word or a list of them."""
        document = request.json()
        words = document if isinstance(document, list) else [document]
        try:
            for word in words:
                if not isinstance(word, dict):
                    return Response(400, {"error": "a script is an object"})
                self.scene.script(word)
        except UnknownInWorld as error:
            return Response(422, {"error": str(error)})
        return Response(200, {"scripted": len(words)})


SERVICES = ("dns", "rdap", "web", "smtp", "api", "control")
PATHS = [
    *("/clock", "/world", "/urls", "/truth", "/script", "/ledger", "/questions", "/connections"),
]
