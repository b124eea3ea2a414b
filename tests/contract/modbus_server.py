"""A Modbus TCP server on a free port of this machine until stdin ends: unit 1 of pymodbus, with 200 of each table.

    python3 modbus_server.py

Prints its port. Then each line of JSON on stdin is done and answered by one: what another master, or the machine itself,
does meanwhile (set), what is there (get), what was written over the wire since (writes), and what it refuses (refuse).
"""
import asyncio
import json
import logging
import sys

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
functions = {"coil": 5, "discrete": 2, "holding": 16, "input": 4}
reading = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
refused = {}
writes = []


async def action(function, start, address, count, registers, values):
    code = refused.get((function, address))
    return ExcCodes(code) if code else None


def trace(sending, pdu):
    if not sending and pdu.function_code in (5, 6, 15, 16, 22, 23):
        writes.append([pdu.function_code, pdu.address, list(pdu.registers or pdu.bits)])
    return pdu


async def main():
    def bits():
        return [SimData(0, values=[False] * 208, datatype=DataType.BITS)]

    def registers():
        return [SimData(0, values=[0] * 200, datatype=DataType.REGISTERS)]

    device = SimDevice(1, simdata=(bits(), bits(), registers(), registers()), action=action)
    server = ModbusTcpServer(device, address=("127.0.0.1", 0), trace_pdu=trace)
    await server.serve_forever(background=True)
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        wanted = json.loads(line)
        answer = {}
        match wanted["do"]:
            case "set":
                await server.async_setValues(1, functions[wanted["table"]], wanted["address"], wanted["values"])
            case "get":
                table, address, count = reading[wanted["table"]], wanted["address"], wanted["count"]
                answer = {"values": await server.async_getValues(1, table, address, count)}
            case "writes":
                answer = {"writes": writes[:]}
                writes.clear()
            case "refuse":
                refused[(wanted["function"], wanted["address"])] = wanted["code"]
        print(json.dumps(answer), flush=True)


asyncio.run(main())
