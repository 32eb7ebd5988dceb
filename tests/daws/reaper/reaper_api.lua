-- REAPER's published API: what the scripts use with the types of its arguments, and the names of all the rest.
--
-- Written from the definitions of iKadmium/reaper-luadoc-types (MIT licence), generated there from REAPER 7's own help.
-- `defer`, `atexit`, `set_action_options` and `new_array` have their arguments from REAPER's help, where those
-- definitions leave them out. Those of the SWS and ReaImGui extensions are from their own help.

local api = {}

api.native = {
  AddMediaItemToTrack = "MediaTrack",
  AddProjectMarker2 = "ReaProject boolean number number string integer integer",
  AddRemoveReaScript = "boolean integer string boolean",
  AddTakeToMediaItem = "MediaItem",
  APIExists = "string",
  atexit = "function",
  AudioAccessorStateChanged = "AudioAccessor",
  ColorToNative = "integer integer integer",
  CountMediaItems = "ReaProject",
  CountSelectedMediaItems = "ReaProject",
  CountTakeEnvelopes = "MediaItem_Take",
  CountTakes = "MediaItem",
  CountTracks = "ReaProject",
  CreateTakeAudioAccessor = "MediaItem_Take",
  defer = "function",
  DeleteExtState = "string string boolean",
  DeleteTrack = "MediaTrack",
  DeleteTrackMediaItem = "MediaTrack MediaItem",
  DestroyAudioAccessor = "AudioAccessor",
  EnumProjectMarkers3 = "ReaProject integer",
  EnumerateFiles = "string integer",
  EnumProjects = "integer",
  ExecProcess = "string integer",
  file_exists = "string",
  format_timestr_pos = "number string integer",
  genGuid = "string",
  GetActiveTake = "MediaItem",
  GetAppVersion = "",
  GetAudioAccessorSamples = "AudioAccessor integer integer number integer ReaperArray",
  GetAudioDeviceInfo = "string",
  GetCursorPositionEx = "ReaProject",
  GetExtState = "string string",
  GetMediaItem = "ReaProject integer",
  GetMediaItem_Track = "MediaItem",
  GetMediaItemInfo_Value = "MediaItem string",
  GetMediaItemTake = "MediaItem integer",
  GetMediaItemTake_Source = "MediaItem_Take",
  GetMediaItemTakeInfo_Value = "MediaItem_Take string",
  GetMediaSourceFileName = "PCM_source",
  GetMediaSourceLength = "PCM_source",
  GetMediaSourceNumChannels = "PCM_source",
  GetMediaSourceParent = "PCM_source",
  GetMediaSourceSampleRate = "PCM_source",
  GetMediaSourceType = "PCM_source",
  GetMediaTrackInfo_Value = "MediaTrack string",
  GetOS = "",
  GetPlayPositionEx = "ReaProject",
  GetPlayStateEx = "ReaProject",
  GetProjectName = "ReaProject",
  GetProjectPathEx = "ReaProject",
  GetProjectStateChangeCount = "ReaProject",
  GetProjectTimeOffset = "ReaProject boolean",
  GetResourcePath = "",
  GetSelectedMediaItem = "ReaProject integer",
  GetSelectedTrack = "ReaProject integer",
  GetSet_LoopTimeRange2 = "ReaProject boolean boolean number number boolean",
  GetSetMediaItemInfo_String = "MediaItem string string boolean",
  GetSetMediaItemTakeInfo_String = "MediaItem_Take string string boolean",
  GetSetMediaTrackInfo_String = "MediaTrack string string boolean",
  GetSetProjectInfo = "ReaProject string number boolean",
  GetTakeNumStretchMarkers = "MediaItem_Take",
  GetTrack = "ReaProject integer",
  GetUserInputs = "string integer string string",
  HasExtState = "string string",
  InsertTrackAtIndex = "integer boolean",
  IsMediaItemSelected = "MediaItem",
  Main_OnCommandEx = "integer integer ReaProject",
  new_array = "size",
  OnPlayButtonEx = "ReaProject",
  OnStopButtonEx = "ReaProject",
  PCM_Source_CreateFromFile = "string",
  PCM_Source_Destroy = "PCM_source",
  PCM_Source_GetSectionInfo = "PCM_source",
  PreventUIRefresh = "integer",
  RecursiveCreateDirectory = "string integer",
  set_action_options = "integer",
  SetCursorContext = "integer TrackEnvelope?",
  SetActiveTake = "MediaItem_Take",
  SetEditCurPos2 = "ReaProject number boolean boolean",
  SetExtState = "string string string boolean",
  SetMediaItemInfo_Value = "MediaItem string number",
  SetMediaItemSelected = "MediaItem boolean",
  SetMediaItemTake_Source = "MediaItem_Take PCM_source",
  SetMediaItemTakeInfo_Value = "MediaItem_Take string number",
  SetMediaTrackInfo_Value = "MediaTrack string number",
  SetOnlyTrackSelected = "MediaTrack",
  ShowConsoleMsg = "string",
  ShowMessageBox = "string string integer",
  TakeFX_GetCount = "MediaItem_Take",
  TakeIsMIDI = "MediaItem_Take",
  time_precise = "",
  TimeMap_curFrameRate = "ReaProject",
  Undo_BeginBlock2 = "ReaProject",
  Undo_EndBlock2 = "ReaProject string integer",
  Undo_CanUndo2 = "ReaProject",
  Undo_DoUndo2 = "ReaProject",
  UpdateArrange = "",
  UpdateTimeline = "",
  ValidatePtr2 = "ReaProject identifier string",
}

-- Present only where the extension is installed.
api.sws = {
  CF_GetClipboard = "string",
  CF_ShellExecute = "string",
  CF_CreatePreview = "PCM_source",
  CF_Preview_Play = "CF_Preview",
  CF_Preview_StopAll = "",
  CF_Preview_SetValue = "CF_Preview string number",
}

-- A type that ends with `?` may be left out, at the end.
api.imgui = {
  ImGui_CreateContext = "string integer?",
  ImGui_Begin = "ImGui_Context string boolean? integer?",
  ImGui_End = "ImGui_Context",
  ImGui_InputText = "ImGui_Context string string integer? string?",
  ImGui_Combo = "ImGui_Context string integer string integer?",
  ImGui_Button = "ImGui_Context string number? number?",
  ImGui_TextWrapped = "ImGui_Context string",
  ImGui_SameLine = "ImGui_Context number? number?",
  ImGui_SetNextWindowSize = "ImGui_Context number number integer?",
  ImGui_Cond_FirstUseEver = "",
  ImGui_InputTextFlags_EnterReturnsTrue = "",
  ImGui_SetKeyboardFocusHere = "ImGui_Context integer?",
  ImGui_IsWindowAppearing = "ImGui_Context",
  ImGui_IsKeyPressed = "ImGui_Context integer boolean?",
  ImGui_Key_Escape = "",
}

-- In REAPER, and not known to the fake: a script that comes to use one needs it moved up.
api.names = [[
AddProjectMarker AddTempoTimeSigMarker adjustZoom AnyTrackSolo APITest ApplyNudge ArmCommand Audio_Init
Audio_IsPreBuffer Audio_IsRunning Audio_Quit AudioAccessorUpdate AudioAccessorValidateState BypassFxAllTracks
CalcMediaSrcLoudness CalculateNormalization ClearAllRecArmed ClearConsole ClearPeakCache ColorFromNative
CountActionShortcuts CountAutomationItems CountEnvelopePoints CountEnvelopePointsEx CountProjectMarkers
CountSelectedTracks CountSelectedTracks2 CountTCPFXParms CountTempoTimeSigMarkers
CountTrackEnvelopes CountTrackMediaItems CreateNewMIDIItemInProj CreateTrackAudioAccessor CreateTrackSend
CrossfadeEditor_OnCommand CrossfadeEditor_Show CSurf_FlushUndo CSurf_GetTouchState CSurf_GoEnd CSurf_GoStart
CSurf_NumTracks CSurf_OnArrow CSurf_OnFwd CSurf_OnFXChange CSurf_OnInputMonitorChange CSurf_OnInputMonitorChangeEx
CSurf_OnMuteChange CSurf_OnMuteChangeEx CSurf_OnPanChange CSurf_OnPanChangeEx CSurf_OnPause CSurf_OnPlay
CSurf_OnPlayRateChange CSurf_OnRecArmChange CSurf_OnRecArmChangeEx CSurf_OnRecord CSurf_OnRecvPanChange
CSurf_OnRecvVolumeChange CSurf_OnRew CSurf_OnRewFwd CSurf_OnScroll CSurf_OnSelectedChange CSurf_OnSendPanChange
CSurf_OnSendVolumeChange CSurf_OnSoloChange CSurf_OnSoloChangeEx CSurf_OnStop CSurf_OnTempoChange
CSurf_OnTrackSelection CSurf_OnVolumeChange CSurf_OnVolumeChangeEx CSurf_OnWidthChange CSurf_OnWidthChangeEx
CSurf_OnZoom CSurf_ResetAllCachedVolPanStates CSurf_ScrubAmt CSurf_SetAutoMode CSurf_SetPlayState
CSurf_SetRepeatState CSurf_SetSurfaceMute CSurf_SetSurfacePan CSurf_SetSurfaceRecArm CSurf_SetSurfaceSelected
CSurf_SetSurfaceSolo CSurf_SetSurfaceVolume CSurf_SetTrackListChange CSurf_TrackFromID CSurf_TrackToID DB2SLIDER
DeleteActionShortcut DeleteEnvelopePointEx DeleteEnvelopePointRange DeleteEnvelopePointRangeEx DeleteProjectMarker
DeleteProjectMarkerByIndex DeleteTakeMarker DeleteTakeStretchMarkers DeleteTempoTimeSigMarker DoActionShortcutDialog
Dock_UpdateDockID DockGetPosition DockIsChildOfDock DockWindowActivate DockWindowAdd DockWindowAddEx
DockWindowRefresh DockWindowRefreshForHWND DockWindowRemove EditTempoTimeSigMarker EnsureNotCompletelyOffscreen
EnumerateSubdirectories EnumInstalledFX EnumPitchShiftModes EnumPitchShiftSubModes EnumProjectMarkers
EnumProjectMarkers2 EnumProjExtState EnumRegionRenderMatrix EnumTrackMIDIProgramNames EnumTrackMIDIProgramNamesEx
Envelope_Evaluate Envelope_FormatValue Envelope_GetParentTake Envelope_GetParentTrack Envelope_SortPoints
Envelope_SortPointsEx FindTempoTimeSigMarker format_timestr format_timestr_len get_config_var_string get_ini_file
GetActionShortcutDesc GetAllProjectPlayStates GetArmedCommand GetAudioAccessorEndTime GetAudioAccessorHash
GetAudioAccessorStartTime GetConfigWantsDock GetCurrentProjectInLoadSave GetCursorContext GetCursorContext2
GetCursorPosition GetDisplayedMediaItemColor GetDisplayedMediaItemColor2 GetEnvelopeInfo_Value GetEnvelopeName
GetEnvelopePoint GetEnvelopePointByTime GetEnvelopePointByTimeEx GetEnvelopePointEx GetEnvelopeScalingMode
GetEnvelopeStateChunk GetEnvelopeUIState GetExePath GetFocusedFX GetFocusedFX2 GetFreeDiskSpaceForRecordPath
GetFXEnvelope GetGlobalAutomationOverride GetHZoomLevel GetInputActivityLevel GetInputChannelName
GetInputOutputLatency GetItemEditingTime2 GetItemFromPoint GetItemProjectContext GetItemStateChunk
GetLastColorThemeFile GetLastMarkerAndCurRegion GetLastTouchedFX GetLastTouchedTrack GetMainHwnd
GetMasterMuteSoloFlags GetMasterTrack GetMasterTrackVisibility GetMaxMidiInputs GetMaxMidiOutputs
GetMediaFileMetadata GetMediaItemNumTakes GetMediaItemTake_Item GetMediaItemTake_Peaks GetMediaItemTake_Track
GetMediaItemTakeByGUID GetMIDIInputName GetMIDIOutputName GetMixerScroll GetMouseModifier GetMousePosition
GetNumAudioInputs GetNumAudioOutputs GetNumMIDIInputs GetNumMIDIOutputs GetNumTakeMarkers GetNumTracks
GetOutputChannelName GetOutputLatency GetParentTrack GetPeakFileName GetPeakFileNameEx GetPeakFileNameEx2
GetPlayPosition GetPlayPosition2 GetPlayPosition2Ex GetPlayState GetProjectLength GetProjectPath
GetProjectTimeSignature GetProjectTimeSignature2 GetProjExtState GetSelectedEnvelope GetSelectedTrack2
GetSelectedTrackEnvelope GetSet_ArrangeView2 GetSet_LoopTimeRange GetSetAutomationItemInfo
GetSetAutomationItemInfo_String GetSetEnvelopeInfo_String GetSetEnvelopeState GetSetEnvelopeState2 GetSetItemState
GetSetItemState2 GetSetProjectAuthor GetSetProjectGrid GetSetProjectInfo_String GetSetProjectNotes GetSetRepeat
GetSetRepeatEx GetSetTempoTimeSigMarkerFlag GetSetTrackGroupMembership GetSetTrackGroupMembershipEx
GetSetTrackGroupMembershipHigh GetSetTrackSendInfo_String GetSetTrackState GetSetTrackState2 GetSubProjectFromSource
GetTake GetTakeEnvelope GetTakeEnvelopeByName GetTakeMarker GetTakeName GetTakeStretchMarker
GetTakeStretchMarkerSlope GetTCPFXParm GetTempoMatchPlayRate GetTempoTimeSigMarker GetThingFromPoint
GetToggleCommandState GetToggleCommandStateEx GetTooltipWindow GetTouchedOrFocusedFX GetTrackAutomationMode
GetTrackColor GetTrackDepth GetTrackEnvelope GetTrackEnvelopeByChunkName GetTrackEnvelopeByName GetTrackFromPoint
GetTrackGUID GetTrackMediaItem GetTrackMIDILyrics GetTrackMIDINoteName GetTrackMIDINoteNameEx GetTrackMIDINoteRange
GetTrackName GetTrackNumMediaItems GetTrackNumSends GetTrackReceiveName GetTrackReceiveUIMute
GetTrackReceiveUIVolPan GetTrackSendInfo_Value GetTrackSendName GetTrackSendUIMute GetTrackSendUIVolPan
GetTrackState GetTrackStateChunk GetTrackUIMute GetTrackUIPan GetTrackUIVolPan GetUnderrunTime
GetUserFileNameForRead gmem_attach gmem_read gmem_write GoToMarker GoToRegion GR_SelectColor GSC_mainwnd
guidToString HasTrackMIDIPrograms HasTrackMIDIProgramsEx Help_Set image_resolve_fn InsertAutomationItem
InsertEnvelopePoint InsertEnvelopePointEx InsertMedia InsertMediaSection InsertTrackInProject IsMediaExtension
IsProjectDirty IsTrackSelected IsTrackVisible joystick_create joystick_destroy joystick_enum joystick_getaxis
joystick_getbuttonmask joystick_getinfo joystick_getpov joystick_update kbd_enumerateActions kbd_getTextFromCmd
LICE_ClipLine LocalizeString Loop_OnArrow Main_OnCommand Main_openProject Main_SaveProject Main_SaveProjectEx
Main_UpdateLoopInfo MarkProjectDirty MarkTrackItemsDirty Master_GetPlayRate Master_GetPlayRateAtTime Master_GetTempo
Master_NormalizePlayRate Master_NormalizeTempo MediaExplorerGetLastPlayedFileInfo MediaItemDescendsFromTrack
Menu_GetHash MIDI_CountEvts MIDI_DeleteCC MIDI_DeleteEvt MIDI_DeleteNote MIDI_DeleteTextSysexEvt MIDI_DisableSort
MIDI_EnumSelCC MIDI_EnumSelEvts MIDI_EnumSelNotes MIDI_EnumSelTextSysexEvts MIDI_GetAllEvts MIDI_GetCC
MIDI_GetCCShape MIDI_GetEvt MIDI_GetGrid MIDI_GetHash MIDI_GetNote MIDI_GetPPQPos_EndOfMeasure
MIDI_GetPPQPos_StartOfMeasure MIDI_GetPPQPosFromProjQN MIDI_GetPPQPosFromProjTime MIDI_GetProjQNFromPPQPos
MIDI_GetProjTimeFromPPQPos MIDI_GetRecentInputEvent MIDI_GetScale MIDI_GetTextSysexEvt MIDI_GetTrackHash midi_init
MIDI_InsertCC MIDI_InsertEvt MIDI_InsertNote MIDI_InsertTextSysexEvt MIDI_RefreshEditors midi_reinit MIDI_SelectAll
MIDI_SetAllEvts MIDI_SetCC MIDI_SetCCShape MIDI_SetEvt MIDI_SetItemExtents MIDI_SetNote MIDI_SetTextSysexEvt
MIDI_Sort MIDIEditor_EnumTakes MIDIEditor_GetActive MIDIEditor_GetMode MIDIEditor_GetSetting_int
MIDIEditor_GetSetting_str MIDIEditor_GetTake MIDIEditor_LastFocused_OnCommand MIDIEditor_OnCommand
MIDIEditor_SetSetting_int MIDIEditorFlagsForTrack mkpanstr mkvolpanstr mkvolstr MoveEditCursor MoveMediaItemToTrack
MuteAllTracks my_getViewport NamedCommandLookup OnPauseButton OnPauseButtonEx OnPlayButton OnStopButton
OpenColorThemeFile OpenMediaExplorer OscLocalMessageToHost parse_timestr parse_timestr_len parse_timestr_pos
parsepanstr PCM_Sink_Enum PCM_Sink_GetExtension PCM_Sink_ShowConfig PCM_Source_BuildPeaks
PCM_Source_CreateFromFileEx PCM_Source_CreateFromType PCM_Source_GetPeaks PluginWantsAlwaysRunFx PromptForAction
ReaScriptError reduce_open_files RefreshToolbar RefreshToolbar2 relative_fn RemoveTrackSend RenderFileSection
ReorderSelectedTracks Resample_EnumModes resolve_fn resolve_fn2 ResolveWildcards ReverseNamedCommandLookup runloop
ScaleFromEnvelopeMode ScaleToEnvelopeMode SectionFromUniqueID SelectAllMediaItems SelectProjectInstance
SendMIDIMessageToHardware SetAutomationMode SetCurrentBPM SetEditCurPos SetEnvelopePoint
SetEnvelopePointEx SetEnvelopeStateChunk SetGlobalAutomationOverride SetItemStateChunk SetMasterTrackVisibility
SetMediaItemLength SetMediaItemPosition SetMIDIEditorGrid SetMixerScroll SetMouseModifier SetProjectGrid
SetProjectMarker SetProjectMarker2 SetProjectMarker3 SetProjectMarker4 SetProjectMarkerByIndex
SetProjectMarkerByIndex2 SetProjExtState SetRegionRenderMatrix SetTakeMarker SetTakeStretchMarker
SetTakeStretchMarkerSlope SetTempoTimeSigMarker SetThemeColor SetToggleCommandState SetTrackAutomationMode
SetTrackMIDILyrics SetTrackMIDINoteName SetTrackMIDINoteNameEx SetTrackSelected SetTrackSendInfo_Value
SetTrackSendUIPan SetTrackSendUIVol SetTrackStateChunk SetTrackUIInputMonitor SetTrackUIMute SetTrackUIPan
SetTrackUIPolarity SetTrackUIRecArm SetTrackUISolo SetTrackUIVolume SetTrackUIWidth ShowActionList ShowPopupMenu
SLIDER2DB SnapToGrid SoloAllTracks Splash_GetWnd SplitMediaItem stringToGuid StuffMIDIMessage TakeFX_AddByName
TakeFX_CopyToTake TakeFX_CopyToTrack TakeFX_Delete TakeFX_EndParamEdit TakeFX_FormatParamValue
TakeFX_FormatParamValueNormalized TakeFX_GetChainVisible TakeFX_GetEnabled TakeFX_GetEnvelope
TakeFX_GetFloatingWindow TakeFX_GetFormattedParamValue TakeFX_GetFXGUID TakeFX_GetFXName TakeFX_GetIOSize
TakeFX_GetNamedConfigParm TakeFX_GetNumParams TakeFX_GetOffline TakeFX_GetOpen TakeFX_GetParam
TakeFX_GetParameterStepSizes TakeFX_GetParamEx TakeFX_GetParamFromIdent TakeFX_GetParamIdent TakeFX_GetParamName
TakeFX_GetParamNormalized TakeFX_GetPinMappings TakeFX_GetPreset TakeFX_GetPresetIndex TakeFX_GetUserPresetFilename
TakeFX_NavigatePresets TakeFX_SetEnabled TakeFX_SetNamedConfigParm TakeFX_SetOffline TakeFX_SetOpen TakeFX_SetParam
TakeFX_SetParamNormalized TakeFX_SetPinMappings TakeFX_SetPreset TakeFX_SetPresetByIndex TakeFX_Show
ThemeLayout_GetLayout ThemeLayout_GetParameter ThemeLayout_RefreshAll ThemeLayout_SetLayout ThemeLayout_SetParameter
TimeMap2_beatsToTime TimeMap2_GetDividedBpmAtTime TimeMap2_GetNextChangeTime TimeMap2_QNToTime TimeMap2_timeToBeats
TimeMap2_timeToQN TimeMap_GetDividedBpmAtTime TimeMap_GetMeasureInfo TimeMap_GetMetronomePattern
TimeMap_GetTimeSigAtTime TimeMap_QNToMeasures TimeMap_QNToTime TimeMap_QNToTime_abs TimeMap_timeToQN
TimeMap_timeToQN_abs ToggleTrackSendUIMute Track_GetPeakHoldDB Track_GetPeakInfo TrackCtl_SetToolTip
TrackFX_AddByName TrackFX_CopyToTake TrackFX_CopyToTrack TrackFX_Delete TrackFX_EndParamEdit
TrackFX_FormatParamValue TrackFX_FormatParamValueNormalized TrackFX_GetByName TrackFX_GetChainVisible
TrackFX_GetCount TrackFX_GetEnabled TrackFX_GetEQ TrackFX_GetEQBandEnabled TrackFX_GetEQParam
TrackFX_GetFloatingWindow TrackFX_GetFormattedParamValue TrackFX_GetFXGUID TrackFX_GetFXName TrackFX_GetInstrument
TrackFX_GetIOSize TrackFX_GetNamedConfigParm TrackFX_GetNumParams TrackFX_GetOffline TrackFX_GetOpen
TrackFX_GetParam TrackFX_GetParameterStepSizes TrackFX_GetParamEx TrackFX_GetParamFromIdent TrackFX_GetParamIdent
TrackFX_GetParamName TrackFX_GetParamNormalized TrackFX_GetPinMappings TrackFX_GetPreset TrackFX_GetPresetIndex
TrackFX_GetRecChainVisible TrackFX_GetRecCount TrackFX_GetUserPresetFilename TrackFX_NavigatePresets
TrackFX_SetEnabled TrackFX_SetEQBandEnabled TrackFX_SetEQParam TrackFX_SetNamedConfigParm TrackFX_SetOffline
TrackFX_SetOpen TrackFX_SetParam TrackFX_SetParamNormalized TrackFX_SetPinMappings TrackFX_SetPreset
TrackFX_SetPresetByIndex TrackFX_Show TrackList_AdjustWindows TrackList_UpdateAllExternalSurfaces Undo_BeginBlock
Undo_CanRedo2 Undo_DoRedo2 Undo_EndBlock Undo_OnStateChange Undo_OnStateChange2
Undo_OnStateChange_Item Undo_OnStateChangeEx Undo_OnStateChangeEx2 UpdateItemInProject UpdateItemLanes ValidatePtr
ViewPrefs get_action_context GetMediaItemTrack GetThemeColor MB SetTrackColor
]]

return api
