"""Prints the coefficients in minifw/ops/gelu.py: a rational minimax fit by Remez' exchange (needs mpmath; run by hand).

For a standard normal X the function `P(X > a) exp(a**2 / 2) (a + 0.8)` stays between 0.4 and 0.475 for all a >= 0. What is
fitted is its distance from 7/16, by `upper(a) / lower(a)`, so that the greatest error relative to the function is least.
"""

SHIFT, MIDDLE = "0.8", "0.4375"
GRID = 20
"""Grid points for each point of the exchange."""


def target(mp, a):
    """Return the function."""
    return mp.erfc(a / mp.sqrt(2)) * mp.exp(a * a / 2) / 2 * (a + mp.mpf(SHIFT))


def grid(mp, limit, count):
    """Return points from 0 to a limit, dense at 0 and at both ends, where rational errors swing fastest."""
    middle = mp.mpf(1.5)
    most = (limit - middle) / (limit + middle)
    swing = [(1 - mp.cos(mp.pi * i / (count - 1))) / 2 * (most + 1) - 1 for i in range(count)]
    return [mp.mpf(0)] + [middle * (1 + u) / (1 - u) for u in swing[1:]]


def levelled(mp, points, degree):
    """Return two polynomials whose quotient errs equally, with alternating signs, at the given points; and that error."""
    values = [target(mp, a) for a in points]
    size, error, lower = len(points), mp.mpf(0), [mp.mpf(1)] + [mp.mpf(0)] * degree
    for _ in range(15):  # Newton's steps: the unknown error multiplies the unknown coefficients
        matrix, right = mp.matrix(size, size), mp.matrix(size, 1)
        for i, (a, value) in enumerate(zip(points, values, strict=True)):
            sign = (-1) ** i
            wanted = value - mp.mpf(MIDDLE) + sign * error * value
            for k in range(degree + 1):
                matrix[i, k] = a**k
            for k in range(1, degree + 1):
                matrix[i, degree + k] = -wanted * a**k
            matrix[i, size - 1] = -sign * value * mp.polyval(lower[::-1], a)
            right[i] = wanted
        solution = list(mp.lu_solve(matrix, right))
        upper, lower = solution[: degree + 1], [mp.mpf(1), *solution[degree + 1 : -1]]
        error += solution[-1]
        if abs(solution[-1]) < abs(error) * mp.mpf(10) ** -10:
            break
    return upper, lower


def extremes(errors):
    """Return where the error swings furthest, one index for each swing."""
    found = []
    for i, error in enumerate(errors):
        if found and errors[found[-1]] * error > 0:
            if abs(error) > abs(errors[found[-1]]):
                found[-1] = i
        else:
            found.append(i)
    return found


def fit(mp, limit, degree):
    """Return the polynomials, lowest power first, and the greatest relative error."""
    count = 2 * degree + 2
    places = grid(mp, mp.mpf(limit), GRID * count + 1)
    values = [target(mp, a) for a in places]
    at = [round(i * (len(places) - 1) / (count - 1)) for i in range(count)]
    while True:
        upper, lower = levelled(mp, [places[i] for i in at], degree)
        quotients = [mp.polyval(upper[::-1], a) / mp.polyval(lower[::-1], a) for a in places]
        errors = [(q + mp.mpf(MIDDLE)) / v - 1 for q, v in zip(quotients, values, strict=True)]
        at = extremes(errors)
        while len(at) > count:
            at.pop(0 if abs(errors[at[0]]) < abs(errors[at[-1]]) else -1)
        greatest = max(map(abs, errors))
        if greatest < 1.02 * min(abs(errors[i]) for i in at):
            return upper, lower, greatest


def main():
    """Print both fits, highest power first."""
    import mpmath as mp  # here, so that pytest can import this file without it

    mp.mp.dps = 50
    for name, limit, degree in (("float32", "14.6", 5), ("float64", "38.7", 10)):
        upper, lower, error = fit(mp, limit, degree)
        print(f"{name}: up to {limit}, error 2**{mp.nstr(mp.log(error, 2), 4)}")
        print(" upper", [float(c) for c in upper[::-1]])
        print(" lower", [float(c) for c in lower[::-1]])


if __name__ == "__main__":
    main()
