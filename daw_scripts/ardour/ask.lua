-- What the user wants, from dialogs and the selection, as orders for the hook.

local import = ...
local settings, timeline, orders = import("settings"), import("timeline"), import("orders")

local ask = {}

local VIDEO_FILES = { "*.mov", "*.mp4", "*.mkv", "*.avi", "*.mxf", "*.m4v", "*.webm" }

local function tell(title, text)
  LuaDialog.Message("Cuewright: " .. title, text, LuaDialog.MessageType.Warning, LuaDialog.ButtonType.Close):run()
end

local function put(order)
  if orders.leave(order) then return end
  tell("the engine cannot be reached", ("The folder %s cannot be written. Start the engine once: %s"):format(
    settings.spool, table.concat(settings.engine, " ")))
end

local function leave(verb, keys, about)
  local session = timeline.session()
  about.keys = {}
  for name, value in pairs(keys) do about.keys[name] = value end
  keys.session, about.session, about.folder = session.id, session.id, keys.folder or ""
  about.words = keys.prompt or keys["do"] or ""
  put({ id = orders.new_id(), verb = verb, keys = keys, session = session, about = about })
end

local function run(title, fields)
  return LuaDialog.Dialog("Cuewright: " .. title, fields):run()
end

function ask.generate()
  local span = timeline.span()
  local where = span.length_samples and "the selected range" or "the playhead"
  local given = run("Generate", {
    { type = "entry", key = "prompt", title = "What should be heard", default = "" },
    { type = "number", key = "takes", title = "Takes", min = 1, max = 16, step = 1, digits = 0, default = 1 },
    { type = "entry", key = "track", title = "Track (empty: one for each sound)", default = "" },
    { type = "label", title = "It lands at " .. where .. "." },
  })
  if not given or given.prompt == "" then return end
  local keys = {
    prompt = given.prompt, takes = math.floor(given.takes), folder = timeline.folder(), mix = false,
    position_samples = span.position_samples,
  }
  if given.track ~= "" then keys.track = given.track end
  if span.length_samples then keys.duration = span.length_samples / Session:nominal_sample_rate() end
  leave("generate", keys, { position_samples = span.position_samples })
end

-- What is remembered of this session, in a file of that ending; "" where nothing is. Each action has a Lua of its own.
local function remembered(ending)
  local file = io.open(("%s/%s.%s"):format(settings.spool, timeline.session().id, ending), "rb")
  if not file then return "" end
  local text = file:read("a")
  file:close()
  return text
end

local function remember_picture(path)
  local file = io.open(("%s/%s.picture"):format(settings.spool, timeline.session().id), "wb")
  if not file then return end
  file:write(path)
  file:close()
end

-- What a dialog was told, with the picture that is chosen in it; nil where there is none.
local function with_picture(title, more)
  local fields = { { type = "file", key = "video", title = "Picture", path = remembered("picture"),
    filter = VIDEO_FILES } }
  for _, field in ipairs(more) do fields[#fields + 1] = field end
  local given = run(title, fields)
  if not given then return nil end
  if given.video == "" then
    tell("there is no picture", "Choose a video file: Ardour does not tell scripts which one its timeline shows.")
    return nil
  end
  remember_picture(given.video)
  return given
end

local function picture(title, more)
  local given = with_picture(title, more)
  if not given then return nil end
  local span = timeline.span()
  local rate = Session:nominal_sample_rate()
  local keys = {
    video = given.video, folder = timeline.folder(), position_samples = span.position_samples,
    video_offset = given.from_start and 0.0 or span.position_samples / rate,
  }
  if span.length_samples then keys.duration = span.length_samples / rate end
  return given, keys, { position_samples = span.position_samples }
end

local FROM_START = {
  type = "checkbox", key = "from_start", title = "The picture begins at the position", default = false,
}

function ask.compose()
  local given, keys, about = picture("Compose to picture", {
    { type = "entry", key = "prompt", title = "What should be heard", default = "" }, FROM_START,
    { type = "number", key = "takes", title = "Takes", min = 1, max = 16, step = 1, digits = 0, default = 1 },
  })
  if not given or given.prompt == "" then return end
  keys.prompt, keys.takes, keys.mix, keys.report = given.prompt, math.floor(given.takes), false, true
  leave("compose", keys, about)
end

function ask.spot()
  local given, keys, about = picture("Spot picture", { FROM_START })
  if given then leave("spot", keys, about) end
end

-- The selected regions, first things first; nil, and it is told, where they cannot be worked on.
local function selected(to_do)
  local regions = timeline.regions()
  if #regions == 0 then
    tell("nothing is selected", ("Select one or more audio regions to %s."):format(to_do))
    return nil
  end
  for _, region in ipairs(regions) do
    local file = io.open(region.path, "rb")
    if not file then
      tell("a file is missing", ("%s of %s is offline."):format(region.path, region.name))
      return nil
    end
    file:close()
  end
  table.sort(regions, function(one, other) return one.position_samples < other.position_samples end)
  return regions
end

-- A job for each region, all of them placed at once; `keys_of` gives what is asked beside the region.
local function leave_each(verb, regions, result, keys_of)
  local rate, batch = Session:nominal_sample_rate(), orders.new_id()
  for _, region in ipairs(regions) do
    local keys = keys_of(region, rate)
    keys.audio, keys.offset, keys.duration = region.path, region.offset_samples / rate, region.length_samples / rate
    keys.folder, keys.position_samples = timeline.folder(), region.position_samples
    keys.track = ("%s %s"):format(region.name:sub(1, 112), result)
    local about = { position_samples = region.position_samples, batch = batch, batch_size = #regions }
    about.name = region.name
    leave(verb, keys, about)
  end
end

function ask.edit()
  local regions = selected("edit")
  if not regions then return end
  local given = run("Edit selected regions", {
    { type = "entry", key = "words", title = "What to do", default = "" },
    { type = "label", title = "In words, or actions such as: denoise; volume gain_db=-3" },
  })
  if not given or given.words == "" then return end
  leave_each("edit", regions, "edited", function() return { ["do"] = given.words } end)
end

function ask.align()
  local regions = selected("fit to the picture")
  if not regions then return end
  local given = with_picture("Align to picture", {
    { type = "checkbox", key = "from_first", title = "The picture begins with the first region", default = false },
  })
  if not given then return end
  local begins = given.from_first and regions[1].position_samples or 0
  leave_each("align", regions, "aligned", function(region, rate)
    return { video = given.video, video_offset = (region.position_samples - begins) / rate, report = true }
  end)
end

-- The same request with another seed.
function ask.more()
  local last = orders.read(remembered("last"))
  if not last then
    return tell("there is nothing to take again", "Generate or compose first; then this makes other takes of it.")
  end
  last.keys.seed, last.keys.report = os.time() * 1000 + math.random(0, 999), nil
  leave(last.verb, last.keys, { position_samples = last.keys.position_samples })
end

function ask.cancel()
  put({ cancel = true })
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Show a file in the user's own program for it. `forkexec` looks for no program, and ends it with Ardour.
local function open(path)
  if not settings.start then return os.forkexec(settings.opener, path) end -- Windows, which has no such shell
  os.execute(("%s %s </dev/null >/dev/null 2>&1 &"):format(quoted(settings.opener), quoted(path)))
end

function ask.report()
  local report = remembered("report")
  if report == "" then
    return tell("there is no report", "Compose to a picture first; its report is a page for your browser.")
  end
  open(report)
end

return ask
