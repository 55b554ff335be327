"""Routes whose functions take the request and nothing else.

FastAPI looks afresh, with each request, for what a function and its dependencies want. Where that is always the request
alone, they are called with it at once; the route stands in the OpenAPI document like every other.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response


class DirectRoute(APIRoute):
    """A route that calls its dependencies, then its function, each with the request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        first: list[Any] = [one.dependency for one in self.dependencies]
        answer: Any = self.endpoint

        async def handle(request: Request) -> Response:
            for dependency in first:
                await dependency(request)
            response: Response = await answer(request)
            return response

        return handle
